/**
 * Files under a passphrase in the form of the age tool, so that its `age --decrypt` opens them as well as we do: a text
 * of a few lines that holds the file's key under the passphrase, then the content in chunks of 64 KiB.
 *
 * Source: docs/backup.md#the-file (c2sp.org/age, version 1, recipient type scrypt).
 */
import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import { concat, isEqualBytes, type RandomBytes } from './bytes.ts';
import { hkdf, hmac } from './kdf.ts';

/** What one chunk of content holds; the last one may hold less. */
export const AGE_CHUNK_BYTES = 64 * 1024;
/** What a chunk takes more in the file. */
export const AGE_TAG_BYTES = 16;
/** A head is never longer than this. */
export const AGE_HEAD_MAX_BYTES = 512;
/** Base-2 logarithm of scrypt's N for new files: about half a second and 128 MiB on a desktop. */
export const AGE_WORK = 17;
/** A gigabyte of memory; a file that asks for more is not ours. */
const WORK_MAX = 20;

const FILE_KEY_BYTES = 16;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const CONTENT_NONCE_BYTES = 16;
const NONCE_BYTES = 12;
const CIPHER = 'chacha20-poly1305';
/** `tag` is the line that says how the key lies there; base64 of 32 bytes has 43 characters, of 16 bytes 22. */
const HEAD =
  /^(age-encryption\.org\/v1\n-> scrypt ([A-Za-z0-9+/]{22}) ([1-9]\d?)\n([A-Za-z0-9+/]{43})\n---) ([A-Za-z0-9+/]{43})\n/;

/** How a new head is made; tests make it cheap. */
export type AgeHeadOptions = Readonly<{ randomBytes: RandomBytes; work?: number }>;

/** A file that was begun: what it begins with, and what its chunks go through. */
export type AgeBeginning = Readonly<{ head: Uint8Array; chunks: AgeChunks }>;

/** Begins a file under a passphrase. */
export async function createAgeHead(
  passphrase: string,
  { randomBytes, work = AGE_WORK }: AgeHeadOptions,
): Promise<AgeBeginning> {
  const salt = new Uint8Array(randomBytes(SALT_BYTES));
  const fileKey = new Uint8Array(randomBytes(FILE_KEY_BYTES));
  const wrapKey = await stretch(passphrase, salt, work);
  const wrapped = sealOnce(wrapKey, new Uint8Array(NONCE_BYTES), fileKey);
  const text = `age-encryption.org/v1\n-> scrypt ${encode(salt)} ${work}\n${encode(wrapped)}\n---`;
  const nonce = new Uint8Array(randomBytes(CONTENT_NONCE_BYTES));
  const head = concat(text, ` ${encode(headMac(fileKey, text))}\n`, nonce);
  const chunks = new AgeChunks(contentKey(fileKey, nonce));
  fileKey.fill(0);
  return { head, chunks };
}

/**
 * Reads the beginning of a file.
 *
 * @param bytes The first bytes of the file: `AGE_HEAD_MAX_BYTES`, or all that there are.
 * @returns What its chunks go through, and how long the head is; or why the file can't be opened. Whether the
 *   passphrase is wrong or the file's key is damaged can't be told.
 */
export async function openAgeHead(
  bytes: Uint8Array,
  passphrase: string,
): Promise<Readonly<{ chunks: AgeChunks; sizeBytes: number }> | 'damaged' | 'wrong_passphrase'> {
  const match = HEAD.exec(Buffer.from(bytes).toString('latin1'));
  const [line = '', text = '', salt = '', work = '', wrapped = '', mac = ''] = match ?? [];
  const nonce = bytes.subarray(line.length, line.length + CONTENT_NONCE_BYTES);
  const isWhole = match !== null && nonce.length === CONTENT_NONCE_BYTES;
  if (!isWhole || ![salt, wrapped, mac].every(isCanonical)) return 'damaged';
  if (Number(work) > WORK_MAX) return 'damaged';
  const wrapKey = await stretch(passphrase, Buffer.from(salt, 'base64'), Number(work));
  const fileKey = unsealOnce(wrapKey, new Uint8Array(NONCE_BYTES), Buffer.from(wrapped, 'base64'));
  if (fileKey === undefined) return 'wrong_passphrase';
  if (!isEqualBytes(headMac(fileKey, text), Buffer.from(mac, 'base64'))) return 'damaged';
  return {
    chunks: new AgeChunks(contentKey(fileKey, nonce)),
    sizeBytes: line.length + CONTENT_NONCE_BYTES,
  };
}

/** The chunks of one file, in their order; one direction for each object. */
export class AgeChunks {
  readonly #key: Uint8Array;
  #count = 0;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** @param plain `AGE_CHUNK_BYTES`, or fewer in the last one. */
  seal(plain: Uint8Array, isLast: boolean): Uint8Array {
    return sealOnce(this.#key, this.#nextNonce(isLast), plain);
  }

  /** What a chunk holds; `undefined` when it is not as it was written, or not in its place. */
  unseal(sealed: Uint8Array, isLast: boolean): Uint8Array | undefined {
    return unsealOnce(this.#key, this.#nextNonce(isLast), sealed);
  }

  /** A counter of 11 bytes, then whether it is the last one: a file that was cut off can't be taken for a whole one. */
  #nextNonce(isLast: boolean): Uint8Array {
    const nonce = Buffer.alloc(NONCE_BYTES);
    nonce.writeUIntBE(this.#count, NONCE_BYTES - 7, 6);
    nonce[NONCE_BYTES - 1] = isLast ? 1 : 0;
    this.#count += 1;
    return nonce;
  }
}

function sealOnce(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: AGE_TAG_BYTES });
  const body = cipher.update(plain);
  cipher.final();
  return concat(body, cipher.getAuthTag());
}

function unsealOnce(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < AGE_TAG_BYTES) return undefined;
  const end = sealed.length - AGE_TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: AGE_TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
    return plain;
  } catch {
    // The one thing that it says by throwing: the tag does not fit.
    return undefined;
  }
}

function headMac(fileKey: Uint8Array, text: string): Uint8Array {
  return hmac(hkdf({ salt: '', ikm: fileKey, info: 'header' }, KEY_BYTES), text);
}

function contentKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return hkdf({ salt: nonce, ikm: fileKey, info: 'payload' }, KEY_BYTES);
}

function stretch(passphrase: string, salt: Uint8Array, work: number): Promise<Buffer> {
  const cost = { N: 2 ** work, r: 8, p: 1, maxmem: 2 ** (work + 11) };
  return new Promise((resolve, reject) => {
    // The same passphrase may be typed in two ways that look alike.
    const secret = passphrase.normalize('NFKC');
    const saltOfAll = concat('age-encryption.org/v1/scrypt', salt);
    scrypt(secret, saltOfAll, KEY_BYTES, cost, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}

/** Base64 without padding. */
function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}

/** Whether base64 has no bits left over: one text for one run of bytes. */
function isCanonical(text: string): boolean {
  return encode(Buffer.from(text, 'base64')) === text;
}
