/** Links in a message: http, https and mailto only (G9). */

/** A stretch of a message. */
export type TextPart = Readonly<
  { type: 'text'; text: string } | { type: 'link'; text: string; href: string }
>;

const CANDIDATE = /\b(?:https?:\/\/|mailto:)[^\s<>"'`\u0000-\u001F]+/gi;
const PROTOCOLS = new Set(['http:', 'https:', 'mailto:']);
const CLOSING: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
]);

/** Splits a text into plain stretches and links; joined, they are the text again. */
export function splitLinks(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const link = trimLink(match[0]);
    const href = toHref(link);
    if (href === undefined) continue;
    if (match.index > end) parts.push({ type: 'text', text: text.slice(end, match.index) });
    parts.push({ type: 'link', text: link, href });
    end = match.index + link.length;
  }
  if (end < text.length) parts.push({ type: 'text', text: text.slice(end) });
  return parts;
}

/** Punctuation behind a link belongs to the sentence, a bracket that the link itself opened does not. */
function trimLink(candidate: string): string {
  let link = candidate;
  for (;;) {
    const last = link.at(-1) ?? '';
    const opening = CLOSING.get(last);
    const isStray = opening !== undefined && count(link, last) > count(link, opening);
    if (!isStray && !/[.,;:!?…»”’]/.test(last)) return link;
    link = link.slice(0, -1);
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function toHref(link: string): string | undefined {
  if (!URL.canParse(link)) return undefined;
  const { protocol, href } = new URL(link);
  return PROTOCOLS.has(protocol) ? href : undefined;
}
