import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateFiles } from '../../daemon/http/certificate.ts';

const DAY_MS = 86_400_000;

/** A certificate and its key, PEM. */
export type Issued = Readonly<{ name: string; certificate: string; key: string }>;

type Options = Readonly<{
  name?: string;
  /** Who vouches for it; itself unless said otherwise. */
  issuer?: Issued;
  isAuthority?: boolean;
  /** Days from now; negative for one that has expired. */
  validDays?: number;
}>;

/** Makes a certificate for `localhost` and `127.0.0.1`, so that no test needs a program for it. */
export function issueCertificate(options: Options = {}): Issued {
  const { name = 'vestnik test', issuer, isAuthority = false, validDays = 30 } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  const toBeSigned = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer?.name ?? name),
    sequence(time(now - 400 * DAY_MS), time(now + validDays * DAY_MS)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(basicConstraints(isAuthority), ALTERNATIVE_NAMES)),
  );
  const signature = sign('sha256', toBeSigned, issuer?.key ?? privateKey);
  const der = sequence(toBeSigned, ECDSA_WITH_SHA256, tagged(0x03, Buffer.of(0), signature));
  return { name, certificate: toPem(der), key: exportKey(privateKey) };
}

/** Writes both files as an owner would: the key for nobody else to read. */
export async function writeCertificate(
  folder: string,
  { certificate, key }: Issued,
  keyMode = 0o600,
): Promise<CertificateFiles> {
  const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  await writeFile(files.certificate, certificate);
  await writeFile(files.key, key, { mode: keyMode });
  return files;
}

// DER, as far as a certificate needs it.

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size = body.byteLength;
  const head = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.of(tag, ...head), body]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function identifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

/** UTCTime, to the second. */
function time(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  return tagged(0x17, Buffer.from(digits.slice(2), 'ascii'));
}

/** A name of one part, the common name. */
function nameOf(text: string): Buffer {
  const value = tagged(0x0c, Buffer.from(text, 'utf8'));
  return sequence(tagged(0x31, sequence(identifier('550403'), value)));
}

function basicConstraints(isAuthority: boolean): Buffer {
  const yes = Buffer.of(0x01, 0x01, 0xff);
  const value = isAuthority ? sequence(yes) : sequence();
  return sequence(identifier('551d13'), yes, tagged(0x04, value));
}

const ECDSA_WITH_SHA256 = sequence(identifier('2a8648ce3d040302'));
const ALTERNATIVE_NAMES = sequence(
  identifier('551d11'),
  tagged(
    0x04,
    sequence(tagged(0x82, Buffer.from('localhost')), tagged(0x87, Buffer.of(127, 0, 0, 1))),
  ),
);

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
