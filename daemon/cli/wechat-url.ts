import { CommandError } from './command-error.ts';

/** Where a room is, or all rooms of a daemon. */
export type WechatPlace = Readonly<{
  /** Like `http://my.chat.server:8000`. */
  origin: string;
  /** `undefined`: every room that is listed there. */
  channel: string | undefined;
  /** From which event on; `undefined`: what comes after joining. */
  seqnr: number | undefined;
}>;

/** Of a URL without a port. Source: docs/rooms.md#the-reference-client. */
const DEFAULT_PORT = 8000;
const FORM = /^(?:(https?):\/\/)?(\[[^\]/]+\]|[^:/?#\s]+)(?::(\d{1,5}))?((?:\/[^?#\s]*)?)$/i;

/**
 * Reads where to chat: `my.chat.server/chats/lobby`, with a number at its end for the backlog; a bare host means every
 * room that is listed there.
 *
 * @throws {CommandError} `usage`.
 */
export function parseWechatUrl(text: string): WechatPlace {
  const [, scheme = 'http', host, port = DEFAULT_PORT, path = ''] = FORM.exec(text) ?? [];
  const parts = path.split('/').filter((part) => part !== '');
  const [chats = 'chats', channel, seqnr, ...rest] = parts.map(decodePart);
  const isNumber = seqnr === undefined || /^\d{1,15}$/.test(seqnr);
  if (host === undefined || chats !== 'chats' || !isNumber || rest.length > 0) throw bad(text);
  const origin = `${scheme.toLowerCase()}://${host}:${port}`;
  if (!URL.canParse(origin)) throw bad(text);
  return { origin, channel, seqnr: seqnr === undefined ? undefined : Number(seqnr) };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function bad(text: string): CommandError {
  return new CommandError(
    'usage',
    `"${text}" is no place to chat; write it like my.chat.server/chats/lobby`,
  );
}
