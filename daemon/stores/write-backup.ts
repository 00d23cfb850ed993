/** Makes a backup: one file that holds all that counts, under a passphrase (D13). Source: docs/backup.md. */
import { createHash } from 'node:crypto';
import { formatTarHeader, TAR_END, tarPadding } from '../../storage/tar.ts';
import type { Random } from '../domain/ports.ts';
import { WireError } from '../wire/check.ts';
import { encodeManifest, MANIFEST_NAME, type ListedFile } from './backup-manifest.ts';
import { gatherMembers, type BackupSource } from './backup-members.ts';
import { PASSPHRASE_MIN_LENGTH } from './identity-file.ts';
import { sealStream } from './sealed-stream.ts';

export type BackupOptions = Readonly<{
  source: BackupSource;
  /** Opens the backup; there is no other way to. */
  passphrase: string;
  /** Of this program. */
  version: string;
  /** Milliseconds since 1970. */
  nowMs: number;
  random: Pick<Random, 'bytes'>;
  /** How much work a guess at the passphrase costs; tests make it cheap. */
  work?: number;
}>;

/**
 * Makes a backup of a data folder. The daemon goes on meanwhile: what comes after the call is not part of it.
 *
 * @returns The bytes of the file, to be written as they come. A failure on the way makes the stream throw, and what was
 *   written until then can't be mistaken for a backup.
 * @throws {WireError} `bad_request`: the passphrase is too short.
 * @throws {StorageError} As `gatherMembers`.
 */
export async function writeBackup(
  options: BackupOptions,
): Promise<AsyncGenerator<Uint8Array, void>> {
  const { passphrase, random, work } = options;
  if (passphrase.length < PASSPHRASE_MIN_LENGTH) {
    throw new WireError(
      'bad_request',
      `a backup needs a passphrase of ${PASSPHRASE_MIN_LENGTH} characters or more`,
      'passphrase',
    );
  }
  const gathered = await gatherMembers(options.source);
  const head = { randomBytes: random.bytes, ...(work === undefined ? {} : { work }) };
  const close = (): void => {
    for (const member of gathered.members) member.close();
  };
  return closing(sealStream(archive(gathered, options), passphrase, head), close);
}

/** Closes what a stream reads from when it has ended, failed, or nobody wants it, even if nobody ever did. */
function closing(
  source: AsyncGenerator<Uint8Array, void>,
  close: () => void,
): AsyncGenerator<Uint8Array, void> {
  let isOpen = true;
  const end = (): void => {
    if (isOpen) close();
    isOpen = false;
  };
  const ending = async (
    step: Promise<IteratorResult<Uint8Array, void>>,
  ): Promise<IteratorResult<Uint8Array, void>> => {
    const result = await step.catch((cause: unknown) => {
      end();
      throw cause;
    });
    if (result.done === true) end();
    return result;
  };
  return {
    next: () => ending(source.next()),
    return: (value) => ending(source.return(value)),
    throw: (cause) => ending(source.throw(cause)),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

type Gathered = Awaited<ReturnType<typeof gatherMembers>>;

async function* archive(
  { lastS, members }: Gathered,
  { version, nowMs }: BackupOptions,
): AsyncGenerator<Uint8Array> {
  const modifiedS = Math.max(0, Math.floor(nowMs / 1000));
  const files: ListedFile[] = [];
  for (const { name, sizeBytes, read } of members) {
    const hash = createHash('sha256');
    yield formatTarHeader({ name, sizeBytes, modifiedS });
    for await (const part of read()) {
      hash.update(part);
      yield part;
    }
    yield Buffer.alloc(tarPadding(sizeBytes));
    files.push({ name, size: sizeBytes, sha256: hash.digest('hex') });
  }
  const created = new Date(nowMs).toISOString();
  const manifest = encodeManifest({ created, program: version, last_s: lastS, files });
  yield formatTarHeader({ name: MANIFEST_NAME, sizeBytes: manifest.byteLength, modifiedS });
  yield manifest;
  yield Buffer.alloc(tarPadding(manifest.byteLength));
  yield TAR_END;
}
