/** Messages that are room links: invitations. */
import { WireError } from '../../../daemon/wire/check.ts';
import { parseGameText } from '../../../daemon/wire/game.ts';
import { isRoomLink, parseRoomLink, type RoomLink } from '../../../daemon/wire/room-link.ts';
import type { Words } from '../texts/words.ts';
import { gamePreview } from './game.ts';

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

/**
 * A message as text; what is for programs is said in words. Nothing in it is made safe for the eye yet.
 *
 * @param direction Of a message between two; in a room there is none.
 */
export function previewText(text: string, words: Words, direction?: 'in' | 'out'): string {
  const invitation = readInvitation(text);
  if (invitation !== undefined) {
    return words.t('room.invitation.preview', { room: invitation.name });
  }
  const game = parseGameText(text);
  return game === undefined ? text : gamePreview(game, words, direction);
}
