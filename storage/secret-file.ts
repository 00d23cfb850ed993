import { replaceFile } from './durable-file.ts';
import { StorageError, toStorageError } from './errors.ts';
import { readPrivateText } from './private-file.ts';

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
    const text = await readPrivateText(path);
    if (text === undefined) return await writeSecret(path, create());
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
