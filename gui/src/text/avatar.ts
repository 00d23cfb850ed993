/** What stands for a peer: a letter and a colour that stay the same in every browser. */

/** Dark enough for white letters, AA. */
const COLOURS = 8;

/** Index of the colour (`--avatar-0` …) for an address. */
export function avatarColour(address: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < address.length; i++) {
    hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % COLOURS;
}

/** The first letter or digit of a name, in upper case. */
export function avatarLetter(name: string): string {
  const letter = /[\p{Letter}\p{Number}\p{Emoji_Presentation}]/u.exec(name)?.[0] ?? '?';
  return letter.toLocaleUpperCase();
}
