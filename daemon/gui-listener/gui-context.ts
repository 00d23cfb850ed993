/** What the routes of the gui listener share: typed state, bodies, addresses in paths. */
import type { IncomingMessage } from 'node:http';
import type { RouterContext } from '@koa/router';
import { readText } from '../http/body.ts';
import type { HostState } from '../http/host-guard.ts';
import { RequestError } from '../http/request-error.ts';
import { parseAddress, type Address } from '../wire/address.ts';
import { decodeValue, parseJson, WireError } from '../wire/check.ts';
import { PAGE_DEFAULT_MESSAGES, PAGE_MAX_MESSAGES } from '../wire/gui-api.ts';
import type { Caller } from './login.ts';

/** Largest body of the REST interface. Source: docs/security.md, G13. */
export const GUI_BODY_MAX_BYTES = 262_144;

/** `caller` is there once the login guard let a request pass. */
export type GuiState = HostState & { caller?: Caller };
export type GuiContext = RouterContext<GuiState>;

/**
 * Reads and decodes a JSON body; no body at all counts as `{}`.
 *
 * @throws {RequestError | WireError}
 */
export async function readJson<const Schema extends Parameters<typeof decodeValue>[0]>(
  request: IncomingMessage,
  schema: Schema,
): Promise<ReturnType<typeof decodeValue<Schema>>> {
  const text = await readText(request, GUI_BODY_MAX_BYTES);
  const value = parseJson(text === '' ? '{}' : text);
  // A list has no members, so it would pass wherever none is required.
  if (Array.isArray(value)) throw new WireError('bad_request', 'a body is an object');
  return decodeValue(schema, value);
}

/**
 * The address in a path, in any spelling.
 *
 * @throws {WireError} `bad_address`.
 */
export function addressIn(ctx: GuiContext): Address {
  return parseAddress(ctx.params['address'] ?? '');
}

/** The message in a path: its id, or its place in the journal. */
export function messageIn(ctx: GuiContext): string {
  return ctx.params['id'] ?? '';
}

/** How long a page should be. More than the most is not refused: a page is "at most" anyway. */
export function limitIn({ query }: GuiContext): number {
  const text = query['limit'];
  if (text === undefined) return PAGE_DEFAULT_MESSAGES;
  if (typeof text !== 'string' || !/^[1-9]\d{0,8}$/.test(text)) {
    throw new RequestError('bad_request', `limit is a number from 1 to ${PAGE_MAX_MESSAGES}`);
  }
  return Math.min(PAGE_MAX_MESSAGES, Number(text));
}

/** Who asks. */
export function callerIn(ctx: GuiContext): Caller {
  const { caller } = ctx.state;
  if (caller === undefined) throw new RequestError('unauthorized', 'log in first');
  return caller;
}
