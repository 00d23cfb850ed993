/**
 * Contact links: `vestnik://[address]:port/<fingerprint>/<token>`. Whoever adds a friend by one knows at once whether it
 * is the right one that answers; the token, of one use, tells the friend who came by the link.
 *
 * Source: docs/encryption.md#contact-links.
 */
import { ADDRESS_MAX_LENGTH, parseAddress, splitAddress, type Address } from './address.ts';
import { decodeBase64url } from './base64url.ts';
import { WireError } from './check.ts';

const SCHEME = 'vestnik://';
const FINGERPRINT_BYTES = 32;
export const INVITATION_BYTES = 16;
/** Scheme, address, two slashes, 43 and 22 characters, and room for somebody's idea of a query. */
export const CONTACT_LINK_MAX_LENGTH = ADDRESS_MAX_LENGTH + 128;

export type ContactLink = Readonly<{
  address: Address;
  /** base64url. */
  fingerprint: string;
  /** Token of one use, base64url; a link for everybody has none. */
  invitation: string | undefined;
}>;

/**
 * Whether a text is meant to be a contact link, right or wrong. Without anything behind the address it is just another
 * spelling of that.
 */
export function isContactLink(text: string): boolean {
  return /^\s*vestnik:\/\/[^/]*\/\s*[^\s]/i.test(text);
}

/**
 * Parses a contact link. Line ends and blanks within it are what mail programs and terminals leave behind.
 *
 * @throws {WireError} `bad_address` or `bad_request`.
 */
export function parseContactLink(text: string): ContactLink {
  if (!isContactLink(text)) throw bad('that is no contact link');
  const [address = '', fingerprint = '', invitation = '', ...more] = text
    .replace(/\s+/g, '')
    .slice(SCHEME.length)
    .split('/');
  if (more.length > 0) throw bad('there is something behind the contact link');
  requireBytes(fingerprint, FINGERPRINT_BYTES, 'fingerprint');
  if (invitation !== '') requireBytes(invitation, INVITATION_BYTES, 'token');
  return {
    address: parseAddress(address),
    fingerprint,
    invitation: invitation === '' ? undefined : invitation,
  };
}

function requireBytes(part: string, sizeBytes: number, name: string): void {
  try {
    decodeBase64url(part, sizeBytes);
  } catch (cause) {
    const sentence = `the contact link is cut off or mistyped: its ${name} makes no sense`;
    throw bad(sentence, { cause });
  }
}

function bad(sentence: string, options?: ErrorOptions): WireError {
  return new WireError('bad_request', sentence, 'link', options);
}

/** A contact link. The port is always there, so that a link means the same wherever it is read. */
export function formatContactLink({ address, fingerprint, invitation }: ContactLink): string {
  const { host, port } = splitAddress(address);
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const token = invitation === undefined ? '' : `/${invitation}`;
  return `${SCHEME}${place}/${fingerprint}${token}`;
}
