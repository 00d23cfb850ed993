import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { decode } from './wire/check.ts';

const Package = v.object({ version: v.string() });

/** The version of this program, from its package.json. */
export function readVersion(): string {
  // Two folders up from build/daemon, where this runs.
  const path = new URL('../../package.json', import.meta.url);
  return decode(Package, readFileSync(path, 'utf8')).version;
}
