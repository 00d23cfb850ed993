import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { StorageError } from '../../storage/errors.ts';
import { openSecretFile } from '../../storage/secret-file.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const isSecret = (text: string) => /^[a-z]{6}$/.test(text);

test('a secret is made once, for the owner alone', async (t) => {
  const path = join(await temporaryFolder(t), 'api-token');

  const first = await openSecretFile(path, () => 'secret', isSecret);
  const second = await openSecretFile(path, () => 'others', isSecret);

  t.deepEqual([first, second], ['secret', 'secret']);
  t.is((await stat(path)).mode & 0o777, 0o600);
});

test('a secret that others may read is refused', async (t) => {
  const path = join(await temporaryFolder(t), 'api-token');
  await writeFile(path, 'secret\n');
  await chmod(path, 0o644);

  const opening = openSecretFile(path, () => 'others', isSecret);

  await t.throwsAsync(opening, { instanceOf: StorageError, code: 'folder_unsafe' });
});

test('what is no secret is refused and stays', async (t) => {
  const path = join(await temporaryFolder(t), 'api-token');
  await writeFile(path, '?', { mode: 0o600 });

  const opening = openSecretFile(path, () => 'others', isSecret);

  await t.throwsAsync(opening, { instanceOf: StorageError, code: 'document_damaged' });
  t.is(await readFile(path, 'utf8'), '?');
});
