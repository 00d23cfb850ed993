/** Messages that are room links: invitations. */
import { WireError } from '../../../daemon/wire/check.ts';
import { isRoomLink, parseRoomLink, type RoomLink } from '../../../daemon/wire/room-link.ts';
import type { Words } from '../texts/words.ts';

/** The invitation that a message is, if it is a whole room link and nothing else. */
export function readInvitation(text: string): RoomLink | undefined {
  if (!isRoomLink(text)) return undefined;
  try {
    return parseRoomLink(text);
  } catch (error) {
    // Torn, or of another age: it stays the text that it is.
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** A message as text; an invitation is said in words. Nothing in it is made safe for the eye yet. */
export function previewText(text: string, { t }: Words): string {
  const invitation = readInvitation(text);
  return invitation === undefined ? text : t('room.invitation.preview', { room: invitation.name });
}
