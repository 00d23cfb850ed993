import { readFile } from 'node:fs/promises';
import test from 'ava';
import { environmentName, SETTINGS, settingNames } from '../../daemon/settings.ts';
import { readSources } from '../helpers/source-files.ts';

/** The row that `docs/configuration.md` has for a setting. */
function settingRow(name: (typeof SETTING_NAMES)[number]): string {
  const { form, initial, meaning } = SETTINGS[name];
  const start = initial === undefined ? '' : `\`${JSON.stringify(initial)}\``;
  return `| \`${name}\` | \`${environmentName(name)}\` | ${form.description} | ${start} | ${meaning} |`;
}

const SETTING_NAMES = settingNames();

test('every setting is documented as it is', async (t) => {
  const text = await readFile('docs/configuration.md', 'utf8');
  const documented = text.split('\n').filter((line) => line.startsWith('| `'));

  t.deepEqual(documented.map(squeeze), SETTING_NAMES.map(settingRow).map(squeeze));
});

test('every error code is documented', async (t) => {
  const text = squeeze(await readFile('docs/errors.md', 'utf8'));
  const codes = await readErrorCodes();

  t.true(codes.includes('bad_address') && codes.includes('storage_full'));
  t.deepEqual(
    codes.filter((code) => !text.includes(`| \`${code}\` |`)),
    [],
  );
});

/** The members of every union of literals whose name says that it holds codes or outcomes. */
async function readErrorCodes(): Promise<readonly string[]> {
  const folders = ['daemon', 'storage', 'gui/client'];
  const files = (await Promise.all(folders.map(readSources))).flat();
  const union = /^export type \w*(?:Code|Outcome|FailReason) =([^;]+);/gm;
  const bodies = files.flatMap(({ text }) =>
    [...text.matchAll(union)].map(([, body = '']) => body),
  );
  const codes = bodies.flatMap((body) =>
    [...body.matchAll(/'([a-z_]+)'/g)].map(([, code]) => code),
  );
  return [...new Set(codes.filter((code) => code !== undefined))];
}

/** Prettier pads the columns of a table. */
function squeeze(line: string): string {
  return line.replace(/\s+/g, ' ');
}
