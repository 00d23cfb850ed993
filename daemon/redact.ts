/** What a log line may say (docs/security.md, G27). */
import { isOverlay, classifyAddress, splitAddress, tryParseAddress } from './wire/address.ts';

/** One fact of a log line. A contact is named by its number, never by its address or nick. */
export type Fact = string | number | boolean | null | undefined | Error | readonly Fact[];
export type Facts = Readonly<Record<string, Fact>>;

/** Longest string in a log line, in UTF-16 units. */
export const LOG_STRING_MAX_LENGTH = 200;
const STACK_MAX_LINES = 12;
const LIST_MAX_LENGTH = 20;

/** Names of facts that are never for the log, whoever put them there. */
const SECRET_NAME =
  /key|token|ticket|password|passphrase|secret|seed|authorization|cookie|body|text|message|nick|query/i;
/** Keys, tokens and tickets are 32 bytes or more; base64url and hex spell them like this. */
const SECRET_VALUE = /[A-Za-z0-9_-]{32,}={0,2}/g;
/** Of a URL only scheme, host and path are for the log. */
const QUERY = /([a-z][a-z0-9+.-]*:\/\/[^\s?#"']*|\/[^\s?#"']*)[?#][^\s"']*/gi;
const ADDRESS_LIKE =
  /\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f.]{0,15}\]?(?::\d{1,5}\b)?|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5}\b)?/gi;

/**
 * The same facts without what must not be logged: secrets by name and by look, query strings; strings cut.
 *
 * @param showsAddresses Whole addresses instead of shortened ones; for `log.level: "debug"`.
 */
export function redact(facts: Facts, showsAddresses: boolean): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, fact]) => fact !== undefined)
      .map(([name, fact]) => [
        name,
        SECRET_NAME.test(name) ? '[redacted]' : redactFact(fact, showsAddresses),
      ]),
  );
}

function redactFact(fact: Fact, showsAddresses: boolean): unknown {
  if (typeof fact === 'string') return redactText(fact, showsAddresses);
  if (fact instanceof Error) return redactError(fact, showsAddresses);
  if (typeof fact === 'object' && fact !== null) {
    return fact.slice(0, LIST_MAX_LENGTH).map((member) => redactFact(member, showsAddresses));
  }
  return fact;
}

function redactText(text: string, showsAddresses: boolean): string {
  const bare = text
    .slice(0, LOG_STRING_MAX_LENGTH * 4)
    .replace(QUERY, '$1')
    .replace(SECRET_VALUE, '[redacted]');
  const shown = showsAddresses ? bare : bare.replace(ADDRESS_LIKE, shortenAddress);
  return shown.length > LOG_STRING_MAX_LENGTH ? `${shown.slice(0, LOG_STRING_MAX_LENGTH)}…` : shown;
}

/** Name, code, sentence and where it happened; the stack's first line repeats the sentence and is left out. */
function redactError(error: Error, showsAddresses: boolean): Record<string, unknown> {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    sentence: redactText(error.message, showsAddresses),
    stack: frames
      .slice(0, STACK_MAX_LINES)
      .map((line) => line.trim().slice(0, LOG_STRING_MAX_LENGTH)),
    ...(error.cause instanceof Error ? { cause: redactError(error.cause, showsAddresses) } : {}),
  };
}

/** Enough to tell two friends apart in a log, too little to know who they are. */
function shortenAddress(text: string): string {
  const address = tryParseAddress(text);
  // A time of day or a version looks a little like an address.
  if (address === undefined) return text;
  const kind = classifyAddress(address);
  // These are nobody's: this machine, or none at all such as `::`.
  if (kind === 'loopback' || kind === 'refused') return text;
  const { host } = splitAddress(address);
  const end = host.slice(-4);
  return isOverlay(kind) ? `${kind}…${end}` : `${kind} address …${end}`;
}
