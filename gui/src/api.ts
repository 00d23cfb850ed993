/** The daemon's REST interface, as functions. Source: docs/gui-api.md. */
import type { Address } from '../../daemon/wire/address.ts';
import type {
  ApiContact,
  ApiErrorCode,
  ApiFound,
  ApiLink,
  ApiMe,
  ApiMessage,
  ApiMessageDetails,
  ApiRelayEntry,
  ApiSafetyNumber,
  ApiSession,
  ApiSettings,
  OwnStatus,
  PresenceSharing,
} from '../../daemon/wire/gui-api.ts';
import {
  errorOf,
  hasTexts,
  isContact,
  isLink,
  isMe,
  isMessage,
  isMessageDetails,
  isRelayEntry,
  isSafetyNumber,
  isSession,
} from './answers.ts';
import { isFound } from './found-answers.ts';
import { createRoomsApi } from './rooms-api.ts';

/** Longest wait for an answer. */
const ANSWER_TIMEOUT_MS = 20_000;

/** Our daemon's own paths alone. */
const NEXT_LINK = /^<(\/api\/search\?[^>]*)>; rel="next"$/;

/** Why a call failed: the daemon's own code, or one of ours when it said nothing that we understand. */
export type ApiFailure = ApiErrorCode | 'unreachable' | 'not_understood';

/** A call that did not succeed. The message is a sentence of the daemon, in English. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiFailure;

  constructor(code: ApiFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type Credentials = Readonly<{ ticket: string } | { password: string }>;

export type PageOfMessages = Readonly<{
  /** A message's `s` or `id`; only older ones. */
  before?: number | string;
  /** A message's `s` or `id`; only newer ones. */
  after?: number | string;
  limit: number;
}>;

/** The conversation with a contact, or a room. */
export type SearchWithin = Readonly<{ address: Address }> | Readonly<{ room: string }>;

export type SearchFor = Readonly<{
  q: string;
  /** Only there. */
  within: SearchWithin | undefined;
  limit: number;
}>;

export type PageOfFound = Readonly<{
  found: readonly ApiFound[];
  /** Where to go on; `undefined` when everything was looked through. */
  next: string | undefined;
}>;

export type ContactPatch = Readonly<{
  nick?: string;
  can_resend?: 0 | 1;
  relay_for?: boolean;
  relay_plain?: boolean;
  muted?: boolean;
  retention?: ApiContact['retention'];
  shares_presence?: PresenceSharing;
}>;

export type Acceptance = Readonly<{
  /** Where a request's sender really listens. */
  address?: Address;
  /** The owner knows what it means to accept another identity of a verified contact. */
  confirmed?: true;
}>;

export type MePatch = Readonly<{
  nick?: string;
  status?: OwnStatus;
  settings?: Partial<ApiSettings>;
}>;

export type ApiOptions = Readonly<{
  /** Session token, `undefined` when logged out. */
  token: () => string | undefined;
  /** The daemon does not know our token any more. */
  onUnauthorized: () => void;
  fetch: (path: string, init: RequestInit) => Promise<Response>;
}>;

export type Api = ReturnType<typeof createApi>;

/**
 * Functions for the daemon's REST interface. All of them reject with `ApiError`.
 *
 * @throws {ApiError}
 */
export function createApi(options: ApiOptions) {
  const ask = createAsk(options);
  const call = async (method: string, path: string, body?: object): Promise<unknown> =>
    (await ask(method, path, body)).answer;
  const contact = (address: Address, rest = '') =>
    `/api/contacts/${encodeURIComponent(address)}${rest}`;
  const talk = (address: Address, rest: string) =>
    `/api/conversations/${encodeURIComponent(address)}${rest}`;
  const oneMessage = (address: Address, id: string, rest = '') =>
    talk(address, `/messages/${encodeURIComponent(id)}${rest}`);

  return {
    login: async (credentials: Credentials): Promise<string> =>
      expectToken(await call('POST', '/api/login', credentials), 'token'),
    wsTicket: async (): Promise<string> =>
      expectToken(await call('POST', '/api/ws-ticket', {}), 'ticket'),

    me: async (): Promise<ApiMe> => expect(isMe, await call('GET', '/api/me')),
    rekey: async (): Promise<ApiMe> => expect(isMe, await call('POST', '/api/me/rekey')),
    patchMe: async (patch: MePatch): Promise<ApiMe> =>
      expect(isMe, await call('PATCH', '/api/me', patch)),
    sessions: async (): Promise<readonly ApiSession[]> =>
      expectList(isSession, await call('GET', '/api/sessions')),
    revokeSession: async (id: string): Promise<void> => {
      await call('DELETE', `/api/sessions/${encodeURIComponent(id)}`);
    },

    /** @param request `address`: an address or a contact link. */
    addContact: async (request: Readonly<{ address: string; nick?: string }>) =>
      expect<ApiContact>(isContact, await call('POST', '/api/contacts', request)),
    acceptContact: async (address: Address, acceptance: Acceptance = {}): Promise<void> => {
      await call('POST', contact(address, '/accept'), acceptance);
    },
    judgeContact: async (address: Address, verb: 'dismiss' | 'block' | 'unblock') => {
      await call('POST', contact(address, `/${verb}`), {});
    },
    patchContact: async (address: Address, patch: ContactPatch): Promise<void> => {
      await call('PATCH', contact(address), patch);
    },
    removeContact: async (address: Address, withHistory: boolean): Promise<void> => {
      await call('DELETE', contact(address, withHistory ? '?history=1' : ''));
    },

    /** @param of `candidate`: with whoever came in the contact's place. */
    safetyNumber: async (address: Address, of: 'contact' | 'candidate' = 'contact') =>
      expect<ApiSafetyNumber>(
        isSafetyNumber,
        await call('GET', contact(address, `/safety-number?of=${of}`)),
      ),
    /** @param fingerprint The one that was compared; refused with `identity_changed` if it is another by now. */
    verify: async (address: Address, fingerprint: string): Promise<void> => {
      await call('POST', contact(address, '/verify'), { fingerprint });
    },
    unverify: async (address: Address): Promise<void> => {
      await call('DELETE', contact(address, '/verify'));
    },
    /** Back to talking without encryption (E5). */
    goPlain: async (address: Address): Promise<void> => {
      await call('POST', contact(address, '/plain'), {});
    },
    createLink: async (): Promise<ApiLink> => expect(isLink, await call('POST', '/api/links', {})),

    messages: async (address: Address, page: PageOfMessages): Promise<readonly ApiMessage[]> =>
      expectList(isMessage, await call('GET', talk(address, `/messages?${formatQuery(page)}`))),
    message: async (address: Address, id: string): Promise<ApiMessageDetails> =>
      expect(isMessageDetails, await call('GET', oneMessage(address, id))),
    send: async (address: Address, message: Readonly<{ id: string; message: string }>) =>
      expect<ApiMessage>(isMessage, await call('POST', talk(address, '/messages'), message)),
    retryMessage: async (address: Address, id: string): Promise<void> => {
      await call('POST', oneMessage(address, id, '/retry'), {});
    },
    cancelMessage: async (address: Address, id: string): Promise<void> => {
      await call('POST', oneMessage(address, id, '/cancel'), {});
    },
    /** @param both The contact's daemon is asked to delete them, too. */
    deleteMessages: async (
      address: Address,
      ids: readonly string[],
      both: boolean,
    ): Promise<void> => {
      await call('POST', talk(address, '/delete'), { ids, both });
    },
    /** Deletes all that was said, here. */
    clearConversation: async (address: Address): Promise<void> => {
      await call('DELETE', talk(address, '/messages'));
    },
    markRead: async (address: Address, upTo: number): Promise<void> => {
      await call('POST', talk(address, '/read'), { upTo });
    },

    /** A backup under a passphrase; `password_needed` when the owner has to say the password again. */
    backup: async (secrets: Readonly<{ passphrase: string; password?: string }>): Promise<Blob> =>
      fetchFile(options, 'POST', '/api/backup', secrets),
    exportAll: async (): Promise<Blob> => fetchFile(options, 'GET', '/api/export'),
    /**
     * Messages that have all the words, the newest first, and the path of where to go on.
     *
     * @param from What to look for, or the path where a page before ended.
     */
    search: async (from: SearchFor | string, signal: AbortSignal): Promise<PageOfFound> => {
      const path = typeof from === 'string' ? from : `/api/search?${formatSearch(from)}`;
      const { answer, headers } = await ask('GET', path, undefined, signal);
      const next = NEXT_LINK.exec(headers.get('Link') ?? '')?.[1];
      return { found: expectList(isFound, answer), next };
    },

    relay: async (): Promise<readonly ApiRelayEntry[]> =>
      expectList(isRelayEntry, await call('GET', '/api/relay')),
    dropRelay: async ({ from, to }: Pick<ApiRelayEntry, 'from' | 'to'>): Promise<void> => {
      const query = `?from=${encodeURIComponent(from)}`;
      await call('DELETE', `/api/relay/${encodeURIComponent(to)}${query}`);
    },

    rooms: createRoomsApi({ call, expect, expectList }),
  };
}

/** One call for a file of any size, however long that takes. */
async function fetchFile(
  { token, onUnauthorized, fetch }: ApiOptions,
  method: string,
  path: string,
  body?: object,
): Promise<Blob> {
  const response = await reach(() => fetch(path, requestOf(token(), method, body)));
  if (response.ok) return reach(() => response.blob());
  if (response.status === 401) onUnauthorized();
  throw failureOf(response, await response.json().catch(() => undefined));
}

type Answered = Readonly<{ answer: unknown; headers: Headers }>;

/** One call: resolves with the decoded body, `undefined` when there is none, and the headers. */
function createAsk({ token, onUnauthorized, fetch }: ApiOptions) {
  return async (
    method: string,
    path: string,
    body?: object,
    signal?: AbortSignal,
  ): Promise<Answered> => {
    const inTime = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const init = {
      ...requestOf(token(), method, body),
      signal: signal === undefined ? inTime : AbortSignal.any([signal, inTime]),
    };
    const response = await reach(() => fetch(path, init));
    const answer: unknown = await response.json().catch(() => undefined); // 204, or a proxy's page
    if (response.ok) return { answer, headers: response.headers };
    if (response.status === 401) onUnauthorized();
    throw failureOf(response, answer);
  };
}

function requestOf(
  bearer: string | undefined,
  method: string,
  body: object | undefined,
): RequestInit {
  const headers = new Headers();
  if (bearer !== undefined) headers.set('Authorization', `Bearer ${bearer}`);
  if (body === undefined) return { method, headers };
  headers.set('Content-Type', 'application/json');
  return { method, headers, body: JSON.stringify(body) };
}

function failureOf({ status }: Response, answer: unknown): ApiError {
  const error = errorOf(answer);
  // What answers without our error form is not our daemon, e.g. a proxy that has lost it.
  if (error === undefined) return new ApiError('unreachable', `the daemon is away (${status})`);
  return new ApiError(error.code, error.message);
}

async function reach<Answer>(request: () => Promise<Answer>): Promise<Answer> {
  try {
    return await request();
  } catch (cause) {
    throw new ApiError('unreachable', 'the daemon does not answer', { cause });
  }
}

function expect<Answer>(is: (value: unknown) => value is Answer, value: unknown): Answer {
  if (is(value)) return value;
  throw new ApiError(
    'not_understood',
    'the daemon answered something that this page does not know',
  );
}

function expectList<Item>(is: (value: unknown) => value is Item, value: unknown): readonly Item[] {
  return expect((list): list is unknown[] => Array.isArray(list), value).filter(is);
}

function expectToken<Name extends string>(value: unknown, name: Name): string {
  return expect((answer) => hasTexts(answer, name), value)[name];
}

function formatSearch({ q, within, limit }: SearchFor): string {
  return new URLSearchParams({ q, limit: String(limit), ...within }).toString();
}

function formatQuery({ before, after, limit }: PageOfMessages): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (before !== undefined) query.set('before', String(before));
  if (after !== undefined) query.set('after', String(after));
  return query.toString();
}
