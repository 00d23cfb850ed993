/** Text of others, made safe for the eye (G9). */

/**
 * Characters that steer the display without being seen: controls (but line feed and tab) and the bidi embeddings,
 * overrides and isolates, with which a text can lie about its own order.
 */
const STEERING =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u061C\u202A-\u202E\u2066-\u2069\u2028\u2029\uFEFF]/;
const STEERING_ALL = new RegExp(STEERING, 'g');
const CONTROL_PICTURES = 0x2400;

/** Shows characters that steer the display, instead of letting them work. */
export function showSteering(text: string): string {
  const unix = text.replaceAll('\r\n', '\n');
  return STEERING.test(unix) ? unix.replace(STEERING_ALL, pictureOf) : unix;
}

/** A name in one line: steering shown, blanks joined. */
export function showName(name: string): string {
  return showSteering(name.replace(/\s+/g, ' ').trim());
}

/** A name inside a sentence: wrapped so that its direction does not leak into the sentence around it. */
export function isolate(text: string): string {
  return `\u2068${showName(text)}\u2069`;
}

function pictureOf(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(CONTROL_PICTURES + code);
  return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
}
