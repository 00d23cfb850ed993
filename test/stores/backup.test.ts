/** Security test row 31: what is in a backup, and which backups are refused (D13). */
import {
  chmod,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { restoreBackup } from '../../daemon/restore.ts';
import {
  BACKED_UP_DOCUMENTS,
  BACKED_UP_LOGS,
  LEFT_BEHIND,
} from '../../daemon/stores/backup-members.ts';
import { unsealFile } from '../../daemon/stores/sealed-stream.ts';
import { StorageError } from '../../storage/errors.ts';
import { listFiles } from '../../storage/staged-change.ts';
import { formatTarHeader, TAR_END, tarPadding } from '../../storage/tar.ts';
import {
  BACKUP_PASSPHRASE,
  backUpFolder,
  beginBackup,
  forgeBackup,
  makeDataFolder,
  openFolderStores,
} from '../helpers/backups.ts';
import { mountSmallDisk } from '../helpers/small-disk.ts';
import { dieAt } from '../helpers/start-dying.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** A data folder, a backup of it, and a place for another one. */
async function useBackup(t: ExecutionContext) {
  const place = await temporaryFolder(t);
  const [data, file, target] = ['data', 'backup', 'target'].map((name) => join(place, name));
  if (data === undefined || file === undefined || target === undefined) throw new Error('no names');
  await makeDataFolder(data);
  const bytes = await backUpFolder(data, file);
  const restore = (passphrase = BACKUP_PASSPHRASE) =>
    restoreBackup({ file, folder: target, passphrase });
  return { place, data, file, target, bytes, restore };
}

/** The archive inside a backup. */
async function archiveIn(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    return await buffer(Readable.from(unsealFile(handle, BACKUP_PASSPHRASE)));
  } finally {
    await handle.close();
  }
}

/** What a folder holds, but for the lock of whoever looks. */
async function contentOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name !== 'lock');
}

test('everything that counts comes back byte for byte, for the owner alone', async (t) => {
  const { data, target, restore } = await useBackup(t);

  const manifest = await restore();

  const names = await listFiles(target);
  t.deepEqual(names, manifest.files.map(({ name }) => name).sort());
  t.true(names.includes('history/000001.jsonl') && names.includes('identity.json'));
  for (const name of names) {
    t.deepEqual(await readFile(join(target, name)), await readFile(join(data, name)), name);
    t.is((await stat(join(target, name))).mode & 0o777, 0o600);
  }
  t.is(manifest.last_s, 6);
  const stores = await openFolderStores(target);
  t.is(stores.messages.lastS, 6);
  await stores.close();
});

test('what lets anybody in, and what former keys follow from, is in no backup', async (t) => {
  const { data, file, bytes } = await useBackup(t);
  const archive = await archiveIn(file);

  const token = await readFile(join(data, 'api-token'), 'utf8');
  t.false(archive.includes(token.trim()));
  for (const name of ['ratchet.log', 'sessions.json', 'api-token', 'invitations.json', 'relay/']) {
    t.false(archive.includes(name), name);
  }
  t.false(bytes.includes('contacts.json') || bytes.includes('seed'), 'nothing is readable');
});

test('of every name in a data folder it is decided whether it is backed up', async (t) => {
  const { data } = await useBackup(t);
  const known: readonly string[] = [...BACKED_UP_DOCUMENTS, ...BACKED_UP_LOGS, 'history'];

  const names = [...(await readdir(data)), ...(await readdir('test/fixtures/format-1'))];
  const undecided = names.filter((name) => !known.includes(name) && !LEFT_BEHIND.test(name));

  t.deepEqual(undecided, []);
});

test('a backup of which any byte has changed, is missing or was added is refused, and nothing is left', async (t) => {
  const { file, target, bytes, restore } = await useBackup(t);
  const places = [
    0,
    10,
    40,
    70,
    120,
    170,
    180,
    190,
    210,
    1000,
    bytes.length - 20,
    bytes.length - 1,
  ];
  const flipped = places.map((place) => {
    const changed = Buffer.from(bytes);
    changed[place] = (changed[place] ?? 0) ^ 1;
    return changed;
  });
  const cut = [0, 1, 100, 200, 1000, bytes.length - 1].map((size) => bytes.subarray(0, size));
  const added = [Buffer.concat([bytes, Buffer.from('x')]), Buffer.concat([bytes, bytes])];

  for (const damaged of [...flipped, ...cut, ...added]) {
    await writeFile(file, damaged);
    const error = await t.throwsAsync(restore());
    t.true(error instanceof StorageError);
    const code = error instanceof StorageError ? error.code : '';
    t.true(['backup_damaged', 'wrong_passphrase'].includes(code), error.message);
    t.deepEqual(await contentOf(target), []);
  }
});

test('an archive that our own program would not make is refused, whoever sealed it', async (t) => {
  const { place, file, target, restore } = await useBackup(t);
  const whole = await archiveIn(file);
  const link = formatTarHeader({ name: 'history/000009.jsonl', sizeBytes: 0, modifiedS: 0 });
  link.write('2', 156);
  link.write(place, 157);
  const forgeries: Readonly<Record<string, Buffer>> = {
    'a link': Buffer.concat([link, whole]),
    'a way out': Buffer.concat([plainFile('../escaped', 'x'), whole]),
    'an absolute path': Buffer.concat([plainFile(join(place, 'escaped'), 'x'), whole]),
    'a token of their choice': Buffer.concat([plainFile('api-token', 'x'.repeat(43)), whole]),
    'a file twice': Buffer.concat([plainFile('drafts.json', '{}'), whole]),
    'a file that is not on the list': Buffer.concat([plainFile('rooms.json', '{}'), whole]),
    'something after the list': Buffer.concat([whole, plainFile('rooms.json', '{}')]),
    'no list': whole.subarray(0, whole.indexOf('manifest.json')),
    'nothing but an end': TAR_END,
    nothing: Buffer.alloc(0),
  };

  for (const [name, archive] of Object.entries(forgeries)) {
    await forgeBackup(archive, file);
    await t.throwsAsync(restore(), { code: 'backup_damaged' }, name);
    t.deepEqual(await contentOf(target), [], name);
    t.deepEqual((await contentOf(place)).toSorted(), ['backup', 'data', 'target'], name);
  }
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a stream that nobody reads to its end leaves no file open', async (t) => {
  const { data } = await useBackup(t);
  const openFiles = async (): Promise<number> => {
    const fds = await readdir('/proc/self/fd');
    const paths = await Promise.all(
      fds.map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => '')),
    );
    return paths.filter((path) => path.startsWith(data)).length;
  };
  const begin = () => beginBackup(data);

  const [unread, begun, whole] = await Promise.all([begin(), begin(), begin()]);
  t.is(await openFiles(), 3);
  await unread.return();
  await begun.next();
  await begun.return();
  await buffer(Readable.from(whole));

  t.is(await openFiles(), 0);
});

test('a backup of a newer program is refused before anything is there', async (t) => {
  const { data, file, target, restore } = await useBackup(t);
  await writeFile(join(data, 'meta.json'), '{"format":99,"minReader":99}');
  await backUpFolder(data, file);

  await t.throwsAsync(restore(), { code: 'format_too_new' });

  t.deepEqual(await contentOf(target), []);
});

test('a folder that is not empty stays as it is', async (t) => {
  const { place, target, restore } = await useBackup(t);
  await mkdir(target);
  await chmod(target, 0o755);
  await symlink(place, join(target, 'somewhere'));

  await t.throwsAsync(restore(), { code: 'folder_not_empty' });

  t.deepEqual(await readdir(target), ['somewhere']);
  t.is((await stat(target)).mode & 0o777, 0o755);
});

test('another passphrase restores nothing, and none too short makes a backup', async (t) => {
  const { data, target, restore } = await useBackup(t);

  await t.throwsAsync(restore('another passphrase'), { code: 'wrong_passphrase' });
  await t.throwsAsync(backUpFolder(data, target, 'too short'), { code: 'bad_request' });

  t.deepEqual(await contentOf(target), []);
});

test('a disk that is full in the middle of it leaves an empty folder', async (t) => {
  const disk = await mountSmallDisk(t, 1);
  if (disk === undefined) {
    t.pass('no file system can be mounted here');
    return;
  }
  const { data, file } = await useBackup(t);
  await writeFile(join(data, 'history', '000002.jsonl'), Buffer.alloc(2_000_000, 'x'));
  await backUpFolder(data, file);
  const folder = join(disk.folder, 'target');

  const error = await t.throwsAsync(restoreBackup({ file, folder, passphrase: BACKUP_PASSPHRASE }));

  t.like(error, { code: 'storage_full' });
  t.deepEqual(await contentOf(folder), []);
});

test('killed at any point of a restore, either nothing is there or everything', async (t) => {
  const { place, data, file } = await useBackup(t);
  const whole = (await listFiles(data)).filter(
    (name) => name.endsWith('.jsonl') || name === 'identity.json',
  );
  const outcomes = new Set<string>();
  async function killAt(point: number): Promise<void> {
    const folder = join(place, `killed-${point}`);
    if (!(await dieAt(point, [folder, 'restore', file, BACKUP_PASSPHRASE]))) return;
    // Whoever opens it first finishes what was decided, or begins with nothing.
    const stores = await openFolderStores(folder);
    await stores.close();
    const isRestored = stores.messages.lastS === 6;
    outcomes.add(isRestored ? 'everything' : 'nothing');
    t.is(stores.messages.lastS, isRestored ? 6 : 0, `killed at ${point}`);
    if (!isRestored) return;
    for (const name of whole) {
      t.deepEqual(await readFile(join(folder, name)), await readFile(join(data, name)), name);
    }
  }

  for (let point = 1; point <= 49; point += 8) {
    await Promise.all([killAt(point), killAt(point + 4)]);
  }

  t.deepEqual([...outcomes].sort(), ['everything', 'nothing']);
});

function plainFile(name: string, text: string): Buffer {
  const sizeBytes = Buffer.byteLength(text);
  return Buffer.concat([
    formatTarHeader({ name, sizeBytes, modifiedS: 0 }),
    Buffer.from(text),
    Buffer.alloc(tarPadding(sizeBytes)),
  ]);
}
