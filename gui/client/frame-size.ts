import { FRAME_MAX_BYTES } from '../../daemon/wire/topic-terms.ts';

/** Bytes of UTF-8 that one UTF-16 unit takes at most. */
const UNIT_MAX_BYTES = 3;

/** Whether a daemon would cut the line because of this frame (G6). */
export function isTooLarge(text: string): boolean {
  if (text.length * UNIT_MAX_BYTES <= FRAME_MAX_BYTES) return false;
  return new TextEncoder().encode(text).length > FRAME_MAX_BYTES;
}
