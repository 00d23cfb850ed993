/**
 * Room links: `vestnik-room://[address]:port/<uid>/<name>`, behind `#` the invite of a private room. In a message, such a
 * link is an invitation.
 *
 * Source: docs/room-sync.md#invitations.
 */
import { parseAddress, splitAddress, type Address } from './address.ts';
import { WireError } from './check.ts';
import { decodeRoomName } from './room-names.ts';

const LINK =
  /^vestnik-room:\/\/([^/\s]+)\/([A-Za-z0-9_-]{21}[AQgw])\/([^#\s]+)(?:#([A-Za-z0-9_-]{22}))?$/;

export type RoomLink = Readonly<{
  /** The host. */
  address: Address;
  uid: string;
  name: string;
  /** Opens the room while it is private; `''` without one. */
  invite: string;
}>;

/** Whether a text is meant to be a room link, right or wrong. */
export function isRoomLink(text: string): boolean {
  return text.trim().startsWith('vestnik-room://');
}

/** @throws {WireError} `bad_request`, `bad_address`. */
export function parseRoomLink(text: string): RoomLink {
  const [, address = '', uid = '', name = '', invite = ''] = LINK.exec(text.trim()) ?? [];
  if (uid === '') throw new WireError('bad_request', 'that is no room link', 'room');
  return { address: parseAddress(address), uid, name: decodeRoomName(decodePart(name)), invite };
}

export function formatRoomLink({ address, uid, name, invite }: RoomLink): string {
  const { host, port } = splitAddress(address);
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const opening = invite === '' ? '' : `#${invite}`;
  return `vestnik-room://${place}/${uid}/${encodeURIComponent(name)}${opening}`;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new WireError('bad_request', 'that is no room link', 'room', { cause });
  }
}
