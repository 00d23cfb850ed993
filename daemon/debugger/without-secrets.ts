/** Text of frames and values as the debugger shows it: tokens are nobody's to see, not even over the owner's shoulder. */

const REDACTED = '[redacted]';
/** Members that hold secrets, by name. Not `key`, which is how changes name an entry. */
const SECRET_NAME =
  /token|ticket|password|passphrase|secret|authorization|cookie|seed|^invite$|access_?key/i;
/** Keys, tokens and tickets of ours: 32 bytes as base64url. */
const SECRET_TEXT = /(?<![\w-])[\w-]{43}(?![\w-])/g;

/** JSON text, or any other, without what may be a secret. */
export function withoutSecrets(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON: a client that is being debugged may send anything.
    return text.replace(SECRET_TEXT, REDACTED);
  }
  return textWithoutSecrets(value);
}

/** A value as JSON text without what may be a secret. */
export function textWithoutSecrets(value: unknown): string {
  return JSON.stringify(value, (name, member: unknown) => {
    if (SECRET_NAME.test(name) && typeof member === 'string') return REDACTED;
    return typeof member === 'string' ? member.replace(SECRET_TEXT, REDACTED) : member;
  });
}
