/** What comes over the wire and is to be read more than once, in a file of its own until then. */
import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTemporaries } from '../../storage/durable-file.ts';
import { toStorageError } from '../../storage/errors.ts';
import { NEWLINE } from '../../storage/line.ts';
import { badLine } from '../wire/export.ts';

const NAME = 'import';

/** A line of what was spooled. */
export type SpooledLine = Readonly<{ text: string; number: number }>;

/**
 * Keeps a stream in the data folder while something is done with it.
 *
 * @param lineMaxBytes A longer line is not read.
 * @param use          Gets the lines, as often as it likes; an empty one at the end is none.
 * @throws {WireError} `bad_request`: a line is too long, or not UTF-8. What the stream and `use` throw.
 * @throws {StorageError}
 */
export async function spooled<Result>(
  { folder, bytes, lineMaxBytes }: Spooling,
  use: (lines: () => AsyncIterable<SpooledLine>) => Promise<Result>,
): Promise<Result> {
  const path = join(folder, `${NAME}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    await keep(path, bytes);
    return await use(() => linesOf(path, lineMaxBytes));
  } finally {
    // Should it stay, the next start removes it.
    await unlink(path).catch(() => undefined);
  }
}

export type Spooling = Readonly<{
  /** The data folder. */
  folder: string;
  bytes: AsyncIterable<Uint8Array>;
  lineMaxBytes: number;
}>;

/** Removes what a crash left. */
export async function removeSpooled(folder: string): Promise<void> {
  await removeTemporaries(join(folder, NAME));
}

async function keep(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const part of bytes) {
      await file.writeFile(part).catch((cause: unknown) => {
        throw toStorageError(cause, path);
      });
    }
  } finally {
    await file.close();
  }
}

/** Reads ahead a little, so that a slow reader does not fill the memory. */
async function* linesOf(path: string, lineMaxBytes: number): AsyncGenerator<SpooledLine> {
  const file = await open(path, 'r');
  let number = 0;
  let rest = Buffer.alloc(0);
  try {
    for await (const part of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, part]);
      let start = 0;
      for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE, start)) {
        number += 1;
        yield { text: textOf(rest.subarray(start, end), number, lineMaxBytes), number };
        start = end + 1;
      }
      rest = rest.subarray(start);
      requireLength(rest, number + 1, lineMaxBytes);
    }
    if (rest.length > 0) {
      number += 1;
      yield { text: textOf(rest, number, lineMaxBytes), number };
    }
  } finally {
    await file.close();
  }
}

function textOf(bytes: Buffer, number: number, lineMaxBytes: number): string {
  requireLength(bytes, number, lineMaxBytes);
  if (!isUtf8(bytes)) throw badLine(number, 'it is not UTF-8');
  return bytes.toString('utf8');
}

function requireLength({ length }: Buffer, number: number, lineMaxBytes: number): void {
  if (length <= lineMaxBytes) return;
  throw badLine(number, `a line has at most ${lineMaxBytes} bytes, this one has more`);
}
