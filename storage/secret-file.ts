import { stat } from 'node:fs/promises';
import { readText, replaceFile } from './durable-file.ts';
import { StorageError, toStorageError } from './errors.ts';

/** Read, write or enter for anybody but the owner. */
const FOREIGN_ACCESS = 0o077;

/**
 * Reads a secret that only the owner may read, like the token of programs; makes it when there is none yet.
 *
 * @param create A new secret, one line.
 * @param isSecret Whether a text can be the secret.
 * @throws {StorageError} `folder_unsafe`: others may read it, or it is a symbolic link. `document_damaged`: it is no
 *   secret; it was left as it is. `storage_failed` or `storage_full`.
 */
export async function openSecretFile(
  path: string,
  create: () => string,
  isSecret: (text: string) => boolean,
): Promise<string> {
  try {
    const text = await readText(path);
    if (text === undefined) return await writeSecret(path, create());
    await refuseForeignAccess(path);
    const secret = text.trim();
    if (isSecret(secret)) return secret;
  } catch (cause) {
    throw toStorageError(cause, path);
  }
  throw new StorageError(
    'document_damaged',
    `${path} holds no secret of ours; put back a copy, or remove it to get a new one`,
  );
}

async function writeSecret(path: string, secret: string): Promise<string> {
  await replaceFile(path, `${secret}\n`);
  return secret;
}

async function refuseForeignAccess(path: string): Promise<void> {
  const { mode } = await stat(path);
  if (process.platform === 'win32' || (mode & FOREIGN_ACCESS) === 0) return;
  throw new StorageError(
    'folder_unsafe',
    `${path} can be read by other users; run chmod 600 on it, and remove it if they may have`,
  );
}
