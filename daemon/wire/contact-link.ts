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

/** Whether a text is meant to be a contact link, right or wrong. */
export function isContactLink(text: string): boolean {
  return text.trim().toLowerCase().startsWith(SCHEME);
}

/**
 * Parses a contact link.
 *
 * @throws {WireError} `bad_address` or `bad_request`.
 */
export function parseContactLink(text: string): ContactLink {
  const trimmed = text.trim();
  if (!isContactLink(trimmed)) throw new WireError('bad_request', 'not a contact link', 'link');
  const [address = '', fingerprint = '', invitation = '', ...more] = trimmed
    .slice(SCHEME.length)
    .split('/');
  if (more.length > 0) throw new WireError('bad_request', 'too many parts', 'link');
  decodeBase64url(fingerprint, FINGERPRINT_BYTES);
  if (invitation !== '') decodeBase64url(invitation, INVITATION_BYTES);
  return {
    address: parseAddress(address),
    fingerprint,
    invitation: invitation === '' ? undefined : invitation,
  };
}

/** A contact link. The port is always there, so that a link means the same wherever it is read. */
export function formatContactLink({ address, fingerprint, invitation }: ContactLink): string {
  const { host, port } = splitAddress(address);
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const token = invitation === undefined ? '' : `/${invitation}`;
  return `${SCHEME}${place}/${fingerprint}${token}`;
}
