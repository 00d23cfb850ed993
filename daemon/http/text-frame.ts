/** Text frames of RFC 6455 as bytes. Those of a server are not masked, so that one goes to many clients as it is. */

/** The last fragment, which is the first as well, of text. */
const FINAL_TEXT = 0x81;
/** Lengths below are in the second byte; these two say that the length follows in two bytes, or in eight. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const UINT16_MAX = 0xffff;

type Made = Readonly<{ text: string; bytes: Buffer }>;

/** What was made last: an update is sent to all its subscribers one after another, in two spellings at most. */
let made: readonly [Made | undefined, Made | undefined] = [undefined, undefined];

/** A text as the frame that carries it; the same bytes for whoever is sent the same text one after another. */
export function textFrame(text: string): Buffer {
  const [last, other] = made;
  if (last?.text === text) return last.bytes;
  if (other?.text === text) return other.bytes;
  const bytes = makeFrame(text);
  made = [{ text, bytes }, last];
  return bytes;
}

function makeFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headLength = length < LENGTH_16 ? 2 : length <= UINT16_MAX ? 4 : 10;
  const bytes = Buffer.allocUnsafe(headLength + length);
  bytes[0] = FINAL_TEXT;
  if (headLength === 2) {
    bytes[1] = length;
  } else if (headLength === 4) {
    bytes[1] = LENGTH_16;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = LENGTH_64;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  bytes.write(text, headLength);
  return bytes;
}
