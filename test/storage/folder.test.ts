import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { StorageError } from '../../storage/errors.ts';
import { openFolder } from '../../storage/folder.ts';
import { FORMAT, openMeta } from '../../storage/meta.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const unsafe = { instanceOf: StorageError, code: 'folder_unsafe' };
const OWN_NAMES = ['meta.json'];

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

test('a new folder is closed to others, and so is what we put in it', async (t) => {
  const folder = join(await temporaryFolder(t), 'deep', 'data');

  await openFolder(folder, OWN_NAMES);
  await writeFile(join(folder, 'file'), '');

  t.is(await modeOf(folder), 0o700);
  t.is(await modeOf(join(folder, 'file')), 0o600);
});

test('an empty folder that is open to others is closed', async (t) => {
  const folder = await temporaryFolder(t);
  await chmod(folder, 0o755);

  await openFolder(folder, OWN_NAMES);

  t.is(await modeOf(folder), 0o700);
});

test('our own folder that became open to others is closed', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'meta.json'), '{}');
  await chmod(folder, 0o775);

  await openFolder(folder, OWN_NAMES);

  t.is(await modeOf(folder), 0o700);
});

test('an open folder with things of others in it is refused and left as it is', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'holiday.jpg'), '');
  await chmod(folder, 0o755);

  await t.throwsAsync(openFolder(folder, OWN_NAMES), unsafe);

  t.is(await modeOf(folder), 0o755);
});

test('a symbolic link is no folder', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'real'));
  await symlink('real', join(folder, 'link'));

  await t.throwsAsync(openFolder(join(folder, 'link'), OWN_NAMES), unsafe);
});

test('a file in the place of the folder is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), '');

  await t.throwsAsync(openFolder(join(folder, 'file'), OWN_NAMES), { code: 'storage_failed' });
});

test('a folder without a format gets ours', async (t) => {
  const folder = await temporaryFolder(t);

  await openMeta(folder, () => t.fail());

  const meta: unknown = JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8'));
  t.deepEqual(meta, { format: FORMAT, minReader: FORMAT });
});

test('a newer format is refused and nothing is written', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'meta.json'), '{"format": 2, "minReader": 1}');

  await t.throwsAsync(
    openMeta(folder, () => t.fail()),
    { instanceOf: StorageError, code: 'format_too_new', message: /newer version/ },
  );

  t.deepEqual(await readdir(folder), ['meta.json']);
});

test('a damaged format is set aside and ours is taken', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'meta.json'), '{"format": ');
  const notices: string[] = [];

  const meta = await openMeta(folder, ({ code }) => notices.push(code));

  t.is(meta.format, FORMAT);
  t.deepEqual(notices, ['document_reset']);
});
