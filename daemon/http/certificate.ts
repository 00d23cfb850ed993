/** The owner's own certificate, with which a listener speaks HTTPS (G12). */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ListenError } from './listen.ts';

/** Where a certificate and its private key lie; both PEM. */
export type CertificateFiles = Readonly<{ certificate: string; key: string }>;

/** A certificate that goes with its key. */
export type Certificate = Readonly<{
  /** PEM as it stands in the file: the listener's own certificate first, then those that vouch for it. */
  chain: string;
  /** Private key, PEM. */
  key: string;
  /** The listener's own certificate alone, PEM: what programs on this machine pin. */
  own: string;
}>;

/** Read, write or enter for anybody but the owner. */
const FOREIGN_ACCESS = 0o077;

/**
 * Reads a certificate and its key and makes sure that they belong together.
 *
 * Whether it is still valid is left to those who see it: a daemon that does not start because nobody renewed its
 * certificate would help nobody.
 *
 * @throws {ListenError} `certificate_unreadable`; `key_exposed`: others may read the key; `certificate_invalid`: no
 *   PEM, an encrypted key, or one that belongs to another certificate.
 */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  const chain = await readPem(files.certificate);
  const key = await readPem(files.key, refuseExposedKey);
  const certificate = parseCertificate(chain, files.certificate);
  if (!certificate.checkPrivateKey(parseKey(key, files.key))) {
    throw invalid(
      `the key in ${files.key} does not belong to the certificate in ${files.certificate}`,
    );
  }
  return { chain, key, own: certificate.toString() };
}

/** The check comes between opening and reading, so that nobody can put another file in between. */
async function readPem(
  path: string,
  check: (path: string, mode: number) => void = () => undefined,
): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      check(path, (await file.stat()).mode);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof ListenError) throw cause;
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new ListenError('certificate_unreadable', `${path} can’t be read (${reason})`, { cause });
  }
}

function refuseExposedKey(path: string, mode: number): void {
  if (process.platform === 'win32' || (mode & FOREIGN_ACCESS) === 0) return;
  throw new ListenError(
    'key_exposed',
    `the key in ${path} can be read by other users; run chmod 600 on it, and replace it if they may have`,
  );
}

function parseCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw invalid(`${path} holds no certificate in PEM`, cause);
  }
}

function parseKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw invalid(`${path} holds no private key in PEM, or one under a passphrase`, cause);
  }
}

function invalid(message: string, cause?: unknown): ListenError {
  return new ListenError('certificate_invalid', message, { cause });
}
