import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { ExecutionContext } from 'ava';
import type { RandomBytes } from '../../daemon/crypto/bytes.ts';
import {
  accessKeyHint,
  authenticateRequest,
  isResponseGenuine,
  type HopKeys,
} from '../../daemon/crypto/hop-auth.ts';
import type { IncomingHandshake } from '../../daemon/domain/handshakes.ts';
import type { Contact } from '../../daemon/domain/model.ts';
import type { Clock } from '../../daemon/domain/ports.ts';
import type { LoopLag } from '../../daemon/http/loop-lag.ts';
import type { RequestTimeouts } from '../../daemon/http/server.ts';
import type { HopBook, HopEntry } from '../../daemon/peer/hop-proof.ts';
import type { HandshakeReceiver, MessageReceiver } from '../../daemon/peer/peer-answers.ts';
import { openPeerListener } from '../../daemon/peer/peer-listener.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { ForgedLines } from '../../daemon/domain/forged-lines.ts';
import { RoomHost } from '../../daemon/domain/room-host.ts';
import { Rooms } from '../../daemon/domain/rooms.ts';
import { MemoryRoomStore, ROOM_RULES } from './memory-room-store.ts';
import { systemClock, systemRandom } from '../../daemon/system.ts';
import { parseAddress, splitAddress, type Address } from '../../daemon/wire/address.ts';
import { formatHopAuth, HOP_AUTH_HEADER, parseHopAuth } from '../../daemon/wire/e2e.ts';
import type { WireMessage } from '../../daemon/wire/peer.ts';
import { alice, bob, pinned } from '../crypto/pair.ts';
import { countedBytes } from '../crypto/vectors.ts';

/** The keys of the hop between the daemon, who is Alice, and Bob, as each has them. */
export const ALICES_KEYS: HopKeys = pinned(alice, bob).hop;
export const BOBS_KEYS: HopKeys = pinned(bob, alice).hop;

/** Keys that the daemon issued: to Bob, who encrypts, and to Carol, who does not. */
export const BOBS_KEY = 'issued to bob';
export const CAROLS_KEY = 'issued to carol';

/** What the domain was given. */
export type Taken = Readonly<{
  handshakes: (IncomingHandshake & Readonly<{ hop: Contact | undefined }>)[];
  messages: Readonly<{ hop: Contact; message: WireMessage }>[];
  unproven: Contact[];
  claimed: Readonly<{ contact: Contact; from: Address }>[];
  heard: Contact[];
}>;

type Options = Readonly<{
  contacts?: readonly Contact[];
  handshakes?: HandshakeReceiver['receive'];
  inbox?: MessageReceiver['receive'];
  clock?: Clock;
  lag?: LoopLag;
  timeouts?: RequestTimeouts;
  strangerOf?: (host: string) => string | undefined;
  rooms?: Pick<PeerRooms, 'host' | 'forged'>;
}>;

/** A peer listener before a domain that takes everything and remembers it. */
export type PeerWorld = Readonly<{ port: number; taken: Taken; defects: readonly unknown[] }>;

/** Two established contacts of the daemon, on hosts of their own: Bob encrypts, Carol does not. */
export const BOB: Contact = contactAt('127.0.0.8:5000', {
  number: 1,
  issuedKey: BOBS_KEY,
  encryption: 'dr1',
});
export const CAROL: Contact = contactAt('127.0.0.9:5000', {
  number: 2,
  issuedKey: CAROLS_KEY,
  encryption: 'plain',
});

export async function startPeerWorld(
  t: ExecutionContext,
  { contacts = [BOB, CAROL], clock = systemClock, ...options }: Options = {},
): Promise<PeerWorld> {
  const defects: unknown[] = [];
  // What else this machine does is none of the tests' business.
  const { lag = { ms: 0 }, timeouts, strangerOf } = options;
  const listener = await openPeerListener({
    target: { host: '127.0.0.1', port: 0 },
    get: 'ping',
    clock,
    onDefect: (error) => void defects.push(error),
    lag,
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(strangerOf === undefined ? {} : { strangerOf }),
  });
  t.teardown(() => listener.close());
  const taken: Taken = { handshakes: [], messages: [], unproven: [], claimed: [], heard: [] };
  const rooms = options.rooms ?? peerRooms(clock);
  listener.serve({
    ...rooms,
    contacts: {
      list: () => contacts,
      get: (address) => contacts.find((one) => one.address === address),
      byIssuedKey: (key) => contacts.find(({ issuedKey }) => issuedKey === key),
    },
    hops: hopBook(contacts),
    handshakes: {
      receive: async (handshake) => {
        taken.handshakes.push(handshake);
        return (await options.handshakes?.(handshake)) ?? { status: 1 };
      },
      noticeAt: () => undefined,
    },
    inbox: {
      receive: async (hop, host, messages) => {
        taken.messages.push(...messages.map((message) => ({ hop, message })));
        const ruling = await options.inbox?.(hop, host, messages);
        return ruling ?? { accepted: messages.map(() => true) };
      },
    },
    relay: { take: () => Promise.resolve(false), withdraw: () => Promise.resolve() },
    presence: { heardFrom: (contact) => void taken.heard.push(contact) },
    own: { isOwn: (address) => address === `127.0.0.1:${listener.port}` },
    onUnproven: (contact) => void taken.unproven.push(contact),
    onClaimedAddress: (contact, from) => void taken.claimed.push({ contact, from }),
  });
  return { port: listener.port, taken, defects };
}

/** Rooms behind a peer listener, and what was said in the name of others. */
export type PeerRooms = Readonly<{
  rooms: Rooms;
  store: MemoryRoomStore;
  host: RoomHost;
  forged: ForgedLines;
  facts: readonly string[];
}>;

/** Rooms of Ann, who is at fc00::1. */
export function peerRooms(clock: Clock = systemClock, store = new MemoryRoomStore()): PeerRooms {
  const facts: string[] = [];
  const events = new DomainEvents();
  const rooms = new Rooms({
    ...{ store, events, clock, random: systemRandom, rules: ROOM_RULES },
    ownerUser: () => 'Ann@fc00::1',
  });
  const forged = new ForgedLines({ clock, onForged: (_, fact) => void facts.push(fact) });
  const host = new RoomHost({
    ...{ rooms, store, events, clock, forged },
    ownServer: () => parseAddress('fc00::1'),
    ownNick: () => 'Ann',
    onDefect: (error) => void facts.push(String(error)),
  });
  return { rooms, store, host, forged, facts };
}

function hopBook(contacts: readonly Contact[]): HopBook {
  const entries: readonly HopEntry[] = contacts
    .filter(({ encryption }) => encryption === 'dr1')
    .map((contact) => ({ contact, keys: ALICES_KEYS }));
  return {
    byKeyHint: (hint) =>
      entries.filter(({ contact }) => Buffer.compare(accessKeyHint(contact.issuedKey), hint) === 0),
    byHost: (host) => entries.filter(({ contact }) => splitAddress(contact.address).host === host),
    keysOf: ({ number }) => entries.find(({ contact }) => contact.number === number)?.keys,
  };
}

/** An established contact as it is after its handshake, with changes. */
export function contactAt(address: string, change: Partial<Contact>): Contact {
  return {
    number: 1,
    address: parseAddress(address),
    nick: '',
    state: 'established',
    key: 'issued to us',
    issuedKey: 'issued',
    retiredKeys: [],
    isHandshakeDue: false,
    candidate: undefined,
    encryption: 'plain',
    isPlainByChoice: false,
    identity: undefined,
    trust: 'tofu',
    expected: undefined,
    isKnownToPeer: true,
    knownAs: undefined,
    isRekeyOffered: false,
    rekeyed: undefined,
    refusedPlain: 0,
    sequenceBase: 0,
    countedSince: undefined,
    peerSequenceBase: 0,
    peerCountedSince: undefined,
    peerSequenceStart: 1,
    canResend: false,
    relayFor: true,
    relayPlain: false,
    isMuted: false,
    isBlocked: false,
    since: 0,
    lastOnlineAt: undefined,
    lastConnectAt: undefined,
    relayRefusedAt: undefined,
    readUpTo: 0,
    retention: undefined,
    sharesPresence: 'full',
    toldPresence: undefined,
    shownPresence: undefined,
    takenBack: undefined,
    ...change,
  };
}

/** What a peer posts, and from where. */
export type Posted = Readonly<{
  body: string | Buffer;
  headers?: Readonly<Record<string, string>>;
  /** Source host; another loopback host is another caller. */
  from?: string;
  method?: string;
  target?: string;
}>;

export type Answered = Readonly<{
  status: number;
  headers: IncomingMessage['headers'];
  bytes: Buffer;
  json: unknown;
}>;

/** Posts as a peer does. */
export async function post(
  { port, host = '127.0.0.1' }: Readonly<{ port: number; host?: string }>,
  { body, headers = {}, from = '127.0.0.1', method = 'POST', target = '/' }: Posted,
): Promise<Answered> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { host, port, path: target, method, agent: false } as const;
    httpRequest({
      ...options,
      localAddress: from,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    bytes,
    json: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

type Proving = Readonly<{
  accessKey?: string | undefined;
  keys?: HopKeys;
  randomBytes?: RandomBytes;
}>;

/** The header with which Bob proves a request. */
export function bobsHeader(
  { body, method = 'POST', target = '/' }: Posted,
  { keys = BOBS_KEYS, randomBytes = countedBytes('bob'), ...rest }: Proving = {},
): string {
  const accessKey = 'accessKey' in rest ? rest.accessKey : BOBS_KEY;
  const request = { method, target, body: Buffer.from(body) };
  return formatHopAuth(authenticateRequest(keys, request, accessKey, randomBytes));
}

/** Posts with Bob's proof. */
export async function postAsBob(
  world: Pick<PeerWorld, 'port'>,
  posted: Posted,
  proving: Proving = {},
): Promise<Answered & Readonly<{ isProven: boolean }>> {
  const header = bobsHeader(posted, proving);
  const headers = { ...posted.headers, [HOP_AUTH_HEADER]: header };
  const answer = await post(world, { ...posted, headers });
  return { ...answer, isProven: isProvenToBob(header, answer) };
}

/** Whether an answer proves to Bob that it is the daemon's answer to this very request. */
export function isProvenToBob(
  requestHeader: string,
  { status, headers, bytes }: Answered,
): boolean {
  const header = headers[HOP_AUTH_HEADER.toLowerCase()];
  if (typeof header !== 'string') return false;
  const response = { auth: parseHopAuth(header), status, body: bytes };
  return isResponseGenuine(BOBS_KEYS, parseHopAuth(requestHeader), response);
}

/** A `send` with a key, as JSON. */
export function sendBody(key: string, change: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    action: 'send',
    from: '127.0.0.8:5000',
    to: '127.0.0.1',
    message: 'hello',
    timestamp: 1_763_640_000,
    enctype: '',
    key,
    ...change,
  });
}
