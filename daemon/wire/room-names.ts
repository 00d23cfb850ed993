/**
 * Names of rooms and of those who are in them.
 *
 * Source: docs/rooms.md#names.
 */
import { tryParseAddress, type Address } from './address.ts';
import { isWellFormed, WireError } from './check.ts';

/** Characters (code points) in the name of a room or of a guest, after NFC. */
export const NAME_MAX_LENGTH = 64;

/** Controls would hide in logs and terminals; a slash ends a part of a path. */
const FORBIDDEN = /[\p{Cc}\p{Surrogate}/]/u;
/** Stands for an owner who has not chosen a nick. */
const NAMELESS = 'owner';

/**
 * The name of a room as it is kept: NFC. Names of rooms differ in case.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeRoomName(text: string): string {
  return decodeName(text, 'the name of a room');
}

/**
 * The name of a guest as it is kept: NFC.
 *
 * @throws {WireError} `bad_request`; also for a name that could be taken for a user of a daemon.
 */
export function decodeGuestName(text: string): string {
  return decodeName(text, 'the name of a guest');
}

/** What makes two names of people the same: neither case nor the form of letters tells them apart. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

/** Whether this is the user of a daemon, `name@address`, and not a guest. */
export function isDaemonUser(user: string): boolean {
  return serverOf(user) !== undefined;
}

/** The daemon that a user belongs to; `undefined` for a guest. */
export function serverOf(user: string): Address | undefined {
  const at = user.lastIndexOf('@');
  return at === -1 ? undefined : tryParseAddress(user.slice(at + 1));
}

/** The user that the owner of a daemon is everywhere: the nick, and where the daemon is. */
export function formatOwnerUser(nick: string, address: string): string {
  const name = nick.replace(/[\p{Cc}@]/gu, '_');
  return `${name === '' ? NAMELESS : name}@${address}`;
}

function decodeName(text: string, what: string): string {
  const name = text.normalize('NFC');
  const length = Array.from(name).length;
  if (length === 0 || length > NAME_MAX_LENGTH) {
    throw new WireError('bad_request', `${what} has 1 to ${NAME_MAX_LENGTH} characters`, 'name');
  }
  if (FORBIDDEN.test(name) || !isWellFormed(name)) {
    throw new WireError('bad_request', `${what} has no control characters and no /`, 'name');
  }
  // Elsewhere a room is called `name@address` and so is the user of a daemon: nobody else may look like that.
  if (isDaemonUser(name)) {
    throw new WireError('bad_request', `${what} does not end with @ and an address`, 'name');
  }
  return name;
}
