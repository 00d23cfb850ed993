import type { Contact } from '../domain/model.ts';
import type { Refusal } from '../domain/room-model.ts';
import type { Sought } from '../domain/room-mirrors.ts';
import type { Address } from '../wire/address.ts';
import { decode, WireError } from '../wire/check.ts';
import { FoundRoom, RoomBody, ServersBody, SessionsBody } from '../wire/room-sync-bodies.ts';
import { decodeCheckAnswer } from '../wire/room-sync-answer.ts';
import { encodeCheck } from '../wire/room-sync-check.ts';
import { SYNC_WAIT_MAX_SECONDS, type CheckAnswer, type RoomCheck } from '../wire/room-sync.ts';
import type { RoomSyncClient, SyncReply, SyncRequest } from './room-sync-client.ts';

/** An answer of a host, or why there is none. */
export type Answered<Value> =
  Readonly<{ is: 'answer'; value: Value }> | Readonly<{ is: 'none'; why: Refusal }>;

const SILENT: Refusal = { code: 'host_away', reason: 'its host does not answer just now' };
const UNFIT: Refusal = {
  code: 'bad_answer',
  reason: 'its host answers something that is no answer',
};

/** What an answer with another status than 200 says. */
const REFUSALS: ReadonlyMap<number, Refusal> = new Map([
  [401, { code: 'unauthorized', reason: 'its host does not know you as a contact' }],
  [404, { code: 'no_rooms', reason: 'its host does not share rooms with other daemons' }],
  [429, { code: 'too_many_requests', reason: 'its host does not listen to you for a while' }],
]);

/** What a host can be asked about its rooms. Nothing here throws but defects. */
export class RoomSyncQuestions {
  readonly #client: RoomSyncClient;

  constructor(client: RoomSyncClient) {
    this.#client = client;
  }

  /** @param isWaiting The host may hold the answer until there is news. */
  async check(
    host: Contact,
    check: RoomCheck,
    isWaiting: boolean,
    signal: AbortSignal,
  ): Promise<Answered<CheckAnswer>> {
    const isPlain = host.encryption !== 'dr1';
    const me = { address: this.#client.ownServer(host.address), accessKey: host.key ?? '' };
    const body = encodeCheck({ ...check, me: isPlain ? me : { ...me, accessKey: '' } });
    const waitSeconds = isWaiting ? SYNC_WAIT_MAX_SECONDS : 0;
    const target = `/chatserver/check/${isWaiting ? `?wait=${waitSeconds}` : ''}`;
    const request: SyncRequest = { method: 'POST', target, body, waitMs: waitSeconds * 1000 };
    return read(await this.#client.ask(host, request, signal), decodeCheckAnswer);
  }

  /** The room of a name; `null`: the host shows none; `'nameless'`: it has no answer to names. */
  async find(
    host: Contact,
    { name, invite }: Sought,
  ): Promise<Answered<RoomBody | null | 'nameless'>> {
    const body = JSON.stringify(invite === '' ? { name } : { name, invite });
    const reply = await this.#ask(host, 'POST', '/chatserver/findroom/', body);
    if (reply?.status === 404) return { is: 'answer', value: 'nameless' };
    return read(reply, (text) => decode(FoundRoom, text));
  }

  async room(host: Contact, uid: string): Promise<RoomBody | undefined> {
    const body = await this.#get(host, `/chatserver/getroom/${encodeURIComponent(uid)}`, RoomBody);
    return body?.uid === uid ? body : undefined;
  }

  /** Nicks by server. */
  async servers(host: Contact): Promise<ReadonlyMap<string, string> | undefined> {
    const servers = await this.#get(host, '/chatserver/getservers', ServersBody);
    return servers && new Map(servers.map(({ serverUID, nick }) => [serverUID, nick]));
  }

  /** Users who are logged in at a server. */
  async sessions(host: Contact, server: Address): Promise<readonly string[] | undefined> {
    const target = `/chatserver/getsessions/${encodeURIComponent(server)}`;
    return (await this.#get(host, target, SessionsBody))?.sessions;
  }

  /** Tells who is logged in here. */
  async tellSessions(host: Contact, sessions: readonly string[]): Promise<void> {
    const serverUID = this.#client.ownServer(host.address);
    const target = `/chatserver/setsessions/${encodeURIComponent(serverUID)}`;
    await this.#ask(host, 'POST', target, JSON.stringify({ serverUID, sessions }));
  }

  async #get<const Schema extends Parameters<typeof decode>[0]>(
    host: Contact,
    target: string,
    schema: Schema,
  ) {
    const answered = read(await this.#ask(host, 'GET', target), (text) => decode(schema, text));
    return answered.is === 'answer' ? answered.value : undefined;
  }

  #ask(host: Contact, method: 'GET' | 'POST', target: string, body = ''): Promise<SyncReply> {
    const { signal } = new AbortController();
    return this.#client.ask(host, { method, target, body, waitMs: 0 }, signal);
  }
}

function read<Value>(reply: SyncReply, decodeIt: (text: string) => Value): Answered<Value> {
  if (reply?.status !== 200) return { is: 'none', why: REFUSALS.get(reply?.status ?? 0) ?? SILENT };
  try {
    return { is: 'answer', value: decodeIt(reply.text) };
  } catch (error) {
    if (error instanceof WireError) return { is: 'none', why: UNFIT };
    throw error;
  }
}
