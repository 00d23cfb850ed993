import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RandomBytes } from '../../daemon/crypto/bytes.ts';

/** `vectors/e2ee-vectors.json`: one conversation, byte for byte. */
export type Vectors = Readonly<{
  seedA: string;
  seedB: string;
  fpA: string;
  fpB: string;
  idA: string;
  dhA: string;
  bindA: string;
  safety: string;
  ss: string;
  accessKey: string;
  hs1: object;
  hs2: object;
  sid: string;
  rk0_B: string;
  ck0: string;
  hop: Readonly<{ keyAB: string; nonce: string; body: string; req: string; res200: string }>;
  messages: readonly Readonly<{ from: 'A' | 'B'; plain: string; message: string }>[];
  deliverToB: readonly number[];
  deliverToA: readonly number[];
}>;

/** The vectors as they are in the file; at once, since tests have to be named before anything is waited for. */
export function readVectors(): Vectors {
  const text = readFileSync('test/crypto/vectors/e2ee-vectors.json', 'utf8');
  return JSON.parse(text) as Vectors;
}

/** The vectors' own source of randomness: hashes of a label and a counter, fresh blocks for every call. */
export function countedBytes(label: string): RandomBytes {
  let counter = 0;
  return (length) => {
    const blocks: Buffer[] = [];
    for (let size = 0; size < length; size += 32) {
      blocks.push(createHash('sha256').update(`${label}${counter++}`).digest());
    }
    return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
  };
}

/** Bytes as the vectors spell them. */
export function b64u(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** Bytes from hexadecimal digits, as RFCs spell them. */
export function fromHex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

/** Hexadecimal digits of bytes. */
export function toHex(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');
}
