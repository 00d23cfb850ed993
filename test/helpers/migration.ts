/** A format that never was, and the way from it to the next one, for tests of the way. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import type { Formats } from '../../storage/migrate.ts';

const SEGMENTS = 3;

/** From 7, in which texts are lower-cased and `old.json` is there, to 8, which has `new.json` instead, to 9. */
export const TEST_FORMATS: Formats = {
  present: 9,
  steps: [
    {
      from: 7,
      minReader: 8,
      async convert(folder, put) {
        for (const name of await readdir(join(folder, 'history'))) {
          const text = await readFile(join(folder, 'history', name), 'utf8');
          await put(join('history', name), text.toUpperCase());
        }
        await put('new.json', await readFile(join(folder, 'old.json')));
        return ['old.json'];
      },
    },
    {
      from: 8,
      minReader: 8,
      async convert(folder, put) {
        await put('new.json', (await readFile(join(folder, 'new.json'), 'utf8')).concat('9'));
        return [];
      },
    },
  ],
};

/** A folder in format 7. */
export async function writeFormatSeven(folder: string): Promise<void> {
  await mkdir(join(folder, 'history'), { recursive: true, mode: 0o700 });
  for (let n = 1; n <= SEGMENTS; n++) {
    await writeFile(join(folder, 'history', `00000${n}.jsonl`), `text ${n}`, { mode: 0o600 });
  }
  await writeFile(join(folder, 'old.json'), 'old', { mode: 0o600 });
  await writeFile(join(folder, 'untouched.json'), 'as it was', { mode: 0o600 });
  await writeFile(join(folder, 'meta.json'), '{"format":7,"minReader":7}', { mode: 0o600 });
}
