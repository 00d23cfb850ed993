/** Security test row 31: from an older format to the present one, whatever happens on the way (D14). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { dropFormerFormat, openFormat } from '../../storage/migrate.ts';
import { listFiles } from '../../storage/staged-change.ts';
import { TEST_FORMATS, writeFormatSeven } from '../helpers/migration.ts';
import { dieAt } from '../helpers/start-dying.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const KILLS = 50;

/** Every file below a folder with its text. */
async function readAll(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = await listFiles(folder);
  const entries = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}

const MIGRATED = {
  'history/000001.jsonl': 'TEXT 1',
  'history/000002.jsonl': 'TEXT 2',
  'history/000003.jsonl': 'TEXT 3',
  'new.json': 'old9',
  'untouched.json': 'as it was',
  'meta.json': '{\n  "format": 9,\n  "minReader": 8\n}\n',
};

test('row 31: an older folder is migrated step by step, and what was there is kept until the next start', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFormatSeven(folder);
  const notices: string[] = [];

  const opened = await openFormat(folder, ({ code }) => notices.push(code), TEST_FORMATS);
  await dropFormerFormat(folder, opened);
  const { 'meta.json.crc': crc, ...files } = await readAll(folder);

  t.like(files, MIGRATED);
  t.regex(crc ?? '', /^[0-9a-f]{8}\n$/);
  t.is(files['backup/format-7/history/000002.jsonl'], 'text 2');
  t.is(files['backup/format-7/old.json'], 'old');
  t.is(files['backup/format-8/new.json'], 'old');
  t.false('old.json' in files || 'backup/format-7/untouched.json' in files);
  t.is(opened.migratedFrom, 7);
  t.deepEqual(notices, ['folder_migrated']);

  const again = await openFormat(folder, () => t.fail(), TEST_FORMATS);
  await dropFormerFormat(folder, again);
  t.deepEqual(
    Object.keys(await readAll(folder)).filter((name) => name.startsWith('backup')),
    [],
  );
});

test('row 31: a newer folder is refused and left untouched', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFormatSeven(folder);
  const before = await readAll(folder);

  const error = await t.throwsAsync(openFormat(folder, () => t.fail(), { present: 6, steps: [] }));

  t.like(error, { code: 'format_too_new' });
  t.deepEqual(await readAll(folder), before);
});

test('a step that fails leaves everything as it was, and can be tried again', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFormatSeven(folder);
  const before = await readAll(folder);
  const [first, second] = TEST_FORMATS.steps;
  const steps = [
    {
      from: 7,
      minReader: 8,
      convert: async (...words: Parameters<NonNullable<typeof first>['convert']>) => {
        await first?.convert(...words);
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      },
    },
    ...(second === undefined ? [] : [second]),
  ];

  const error = await t.throwsAsync(openFormat(folder, () => t.fail(), { present: 9, steps }));

  t.like(error, { code: 'storage_full' });
  t.deepEqual(await readAll(folder), before);
  await openFormat(folder, () => undefined, TEST_FORMATS);
  t.like(await readAll(folder), MIGRATED);
});

test('row 31: killed at 50 points of a migration, the next start finishes it', async (t) => {
  let killed = 0;
  async function killAt(point: number): Promise<void> {
    const folder = await temporaryFolder(t);
    await writeFormatSeven(folder);
    if (await dieAt(point, [folder, 'migrate'])) killed += 1;
    await openFormat(folder, () => undefined, TEST_FORMATS);
    const files = await readAll(folder);
    const present = Object.entries(files).filter(([name]) => !/^backup|\.crc$/.test(name));
    t.deepEqual(Object.fromEntries(present), MIGRATED, `killed at ${point}`);
    t.is(files['backup/format-7/history/000001.jsonl'], 'text 1', `killed at ${point}`);
    t.is(files['backup/format-7/old.json'], 'old', `killed at ${point}`);
  }

  for (let point = 1; point <= KILLS; point += 2) {
    await Promise.all([killAt(point), killAt(point + 1)]);
  }

  t.is(killed, KILLS);
});
