import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { WebSocket, type ClientOptions } from 'ws';
import { ContactLinks } from '../../daemon/domain/contact-links.ts';
import { ContactRequests } from '../../daemon/domain/contact-requests.ts';
import { Contacts } from '../../daemon/domain/contacts.ts';
import { Controls } from '../../daemon/domain/controls.ts';
import { Conversations } from '../../daemon/domain/conversations.ts';
import { DeletionRequests } from '../../daemon/domain/deletion-requests.ts';
import { Deletions } from '../../daemon/domain/deletions.ts';
import { Gaps } from '../../daemon/domain/gaps.ts';
import { DomainError } from '../../daemon/domain/errors.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { Invitations } from '../../daemon/domain/invitations.ts';
import { Outbox } from '../../daemon/domain/outbox.ts';
import { Owner, type OwnerChoices } from '../../daemon/domain/owner.ts';
import { BoardGames } from '../../daemon/domain/board-games.ts';
import { ConversationGames } from '../../daemon/domain/conversation-games.ts';
import { allGamePlaces, RoomGames } from '../../daemon/domain/room-games.ts';
import { PresenceBook } from '../../daemon/domain/presence.ts';
import { exportLines } from '../../daemon/domain/export.ts';
import type { Invitation } from '../../daemon/domain/ports.ts';
import type { RelayedEnvelope } from '../../daemon/domain/model.ts';
import { Relay, RELAY_QUOTA } from '../../daemon/domain/relay.ts';
import { RoomSessions } from '../../daemon/domain/room-sessions.ts';
import { RoomMirrors } from '../../daemon/domain/room-mirrors.ts';
import { RoomPresence } from '../../daemon/domain/room-presence.ts';
import { Rooms } from '../../daemon/domain/rooms.ts';
import { ServerSessions } from '../../daemon/domain/server-sessions.ts';
import { Search } from '../../daemon/domain/search.ts';
import type { TopicMonitor } from '../../daemon/domain/topic-monitor.ts';
import { Trust } from '../../daemon/domain/trust.ts';
import type { GuiDomain } from '../../daemon/gui-listener/gui-domain.ts';
import { openGuiListener } from '../../daemon/gui-listener/gui-listener.ts';
import { Login, type LoginState } from '../../daemon/gui-listener/login.ts';
import { hashPassword } from '../../daemon/gui-listener/password.ts';
import type { CertificateFiles } from '../../daemon/http/certificate.ts';
import { parseListenTarget } from '../../daemon/http/listen.ts';
import { systemRandom } from '../../daemon/system.ts';
import { parseAddress, type Address } from '../../daemon/wire/address.ts';
import { formatOwnerUser } from '../../daemon/wire/room-names.ts';
import { Api } from './api.ts';
import { FakeClock } from './fake-clock.ts';
import {
  DEFAULT_SETTINGS,
  memoryContactStore,
  MemoryDeletionStore,
  MemoryDocument,
  MemoryMessageStore,
  MemoryRelayStore,
  memoryRequestStore,
} from './memory-stores.ts';
import { MemoryRoomStore, ROOM_RULES } from './memory-room-store.ts';
import { MemoryWordIndex } from './memory-word-index.ts';
import { personNamed } from './persons.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TopicSocket } from './topic-socket.ts';

export const API_TOKEN = 'token-of-the-owner';
export const BOB = parseAddress('203.0.113.7');
/** Whose daemon it is. */
export const ALICE = personNamed('alice');
const OWN_ADDRESS = parseAddress('198.51.100.1');
/** Looking at a guess takes half a millisecond instead of 80. */
const CHEAP = { n: 2 ** 8, r: 8, p: 1 };

/** A gui listener on a port of its own, on top of the real domain and stores in memory. */
export type GuiWorld = Readonly<{
  url: string;
  port: number;
  api: Api;
  domain: GuiDomain;
  requests: ContactRequests;
  messages: MemoryMessageStore;
  relayStore: MemoryRelayStore;
  login: Login;
  loginStore: MemoryDocument<LoginState>;
  drafts: MemoryDocument<ReadonlyMap<string, string>>;
  clock: FakeClock;
  createLoginLink: () => string;
  /** What was reported as a defect so far. */
  defects: readonly unknown[];
  /** Why renewed certificates could not be used. */
  certificateProblems: readonly unknown[];
  /** The certificate that is shown now, PEM. */
  ownCertificate: () => string | undefined;
  close: () => Promise<void>;
}>;

export type GuiWorldOptions = Readonly<{
  listen?: string;
  /** Set before the listener is there, as beyond loopback it must be. */
  password?: string;
  hostNames?: readonly string[];
  /** With it the listener speaks HTTPS; `api` does not. */
  certificate?: CertificateFiles;
  drafts?: ReadonlyMap<string, string>;
  /** Files of a built GUI, text by path. */
  files?: Readonly<Record<string, string>>;
  /** What is carried for others from the start. */
  carried?: readonly RelayedEnvelope[];
  /** Looks into the topics. */
  monitor?: TopicMonitor;
  /** What becomes of the wish for another identity; unless given, it is refused. */
  rekeying?: GuiDomain['rekeying'];
}>;

/** Starts it; it ends with the test. */
export async function startGui(
  t: ExecutionContext,
  options: GuiWorldOptions = {},
): Promise<GuiWorld> {
  const clock = new FakeClock();
  const defects: unknown[] = [];
  const onDefect = (error: unknown): void => void defects.push(error);
  const certificateProblems: unknown[] = [];
  const { password: chosen } = options;
  const password =
    chosen === undefined ? undefined : await hashPassword(chosen, systemRandom, CHEAP);
  const loginStore = new MemoryDocument<LoginState>({ password, sessions: [] });
  const drafts = new MemoryDocument(options.drafts ?? new Map<string, string>());
  const login = new Login({
    store: loginStore,
    apiToken: API_TOKEN,
    clock,
    random: systemRandom,
    onDefect,
  });
  const world = createDomain(clock, options);
  const listener = await openGuiListener({
    target: parseListenTarget(options.listen ?? '127.0.0.1:0'),
    domain: world.domain,
    login,
    clock,
    drafts,
    monitor: options.monitor,
    filesFolder: await writeFiles(t, options.files ?? {}),
    hostNames: options.hostNames ?? [],
    tls: options.certificate && {
      files: options.certificate,
      onChange: () => undefined,
      onProblem: (error) => void certificateProblems.push(error),
    },
    onDefect,
  });
  t.teardown(() => listener.close());
  return {
    ...world,
    url: listener.url,
    port: listener.port,
    api: new Api(listener.url, API_TOKEN),
    login,
    loginStore,
    drafts,
    clock,
    createLoginLink: () => listener.createLoginLink(),
    defects,
    certificateProblems,
    ownCertificate: () => listener.ownCertificate,
    close: () => listener.close(),
  };
}

/** A message that came from a contact. */
export async function receive(
  { domain, messages, clock }: GuiWorld,
  from: Address,
  text: string,
  { enctype = '', sequence }: Readonly<{ enctype?: string; sequence?: number }> = {},
): Promise<number> {
  const contact = domain.contacts.require(from);
  const [message] = await messages.add([
    {
      conversation: contact.number,
      id: `in-${messages.countIncoming(contact.number, 0) + 1}`,
      direction: 'in',
      from,
      to: OWN_ADDRESS,
      text,
      wireTimestamp: new Date(clock.nowMs()).toISOString(),
      timestamp: clock.nowMs(),
      receivedAt: clock.nowMs(),
      enctype,
      sequence,
      via: undefined,
    },
  ]);
  domain.events.emit('message', { contact, message: message! });
  domain.events.emit('conversation', { address: from });
  return message!.s;
}

/** Opens `/chatroom`; resolves once it is open. */
export async function openSocket(
  t: ExecutionContext,
  { url }: Pick<GuiWorld, 'url'>,
  protocols: readonly string[],
  options: ClientOptions = {},
): Promise<TopicSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/chatroom`, [...protocols], options);
  t.teardown(() => socket.terminate());
  const opened = once(socket, 'open');
  // Listens from the start: the first frame may come together with the upgrade.
  const topics = new TopicSocket(socket);
  await opened;
  return topics;
}

const NO_REKEYING: GuiDomain['rekeying'] = {
  underWay: undefined,
  begin: () => Promise.reject(new DomainError('rekey_under_way', 'not here')),
};

function createDomain(
  clock: FakeClock,
  { carried = [], rekeying = NO_REKEYING }: GuiWorldOptions,
): Pick<GuiWorld, 'domain' | 'requests' | 'messages' | 'relayStore'> {
  const events = new DomainEvents();
  const messages = new MemoryMessageStore();
  const relayStore = new MemoryRelayStore(carried);
  const requests = new ContactRequests({ store: memoryRequestStore(), events });
  const own = {
    isOwn: (address: Address) => address === OWN_ADDRESS,
    isLoopbackAllowed: false,
    toldTo: () => OWN_ADDRESS,
  };
  const random = systemRandom;
  const store = memoryContactStore();
  const touchSaveMs = 60_000;
  const deps = { store, requests, messages, events, clock, random, own, touchSaveMs };
  const contacts = new Contacts(deps);
  const outbox = new Outbox({ messages, contacts, events, clock, random, expireDays: 30 });
  const presence = new PresenceBook({ contacts, events, clock });
  const conversations = new Conversations({
    contacts,
    gaps: new Gaps({ messages, events }),
    messages,
    outbox,
    events,
    clock,
    random,
    own,
    findCopies: async () => () => undefined,
  });
  const shared = { contacts, messages, outbox, events, clock };
  const deletionRequests = new DeletionRequests({
    ...shared,
    store: new MemoryDeletionStore(),
    controls: new Controls({
      ...{ contacts, events, clock, nick: () => 'Alice' },
      shownTo: () => ({ status: 'online', showsLastSeen: true }),
    }),
  });
  const deletions = new Deletions({
    ...shared,
    requests: deletionRequests,
    findCopies: async () => () => undefined,
  });
  const relay = new Relay({
    store: relayStore,
    contacts,
    events,
    clock,
    quota: RELAY_QUOTA,
    hasRoom: () => true,
  });
  const owner = new Owner({
    store: new MemoryDocument<OwnerChoices>({
      nick: 'Alice',
      status: 'online',
      settings: DEFAULT_SETTINGS,
    }),
    events,
    version: '0.0.0-test',
    identities: { present: ALICE, for: () => ALICE },
    keyOperations: () => 0,
    addresses: () => [OWN_ADDRESS],
    listeners: () => [],
    outbox,
    presence,
    disk: () => ({ state: 'ok', freeBytes: undefined, lossWindowMs: 0 }),
  });
  const invitationStore = new MemoryDocument<readonly Invitation[]>([]);
  const invitations = new Invitations({ store: invitationStore, clock, random });
  const trust = new Trust({ contacts, events, owner });
  const links = new ContactLinks({ contacts, trust, invitations, events, owner });
  // Where no test has so many messages.
  const roomStore = new MemoryRoomStore(undefined, 1000);
  const rooms = new Rooms({
    ...{ store: roomStore, rules: ROOM_RULES, events, clock, random },
    ownerUser: () => formatOwnerUser(owner.nick, owner.address),
  });
  const mirrors = new RoomMirrors({
    ...{ rooms, store: roomStore, events, clock, random },
    ownUser: () => rooms.ownerUser,
  });
  const sessions = new ServerSessions({ clock, onChange: () => undefined });
  const roomPresence = new RoomPresence({ rooms, host: { sessions }, mirrors });
  const { sessionTimeoutMs } = ROOM_RULES;
  const guests = new RoomSessions({ rooms, events, clock, random, sessionTimeoutMs });
  const words = new MemoryWordIndex(() => Math.max(messages.lastS, roomStore.place));
  const search = new Search({ contacts, messages, rooms, events: roomStore, words, clock });
  const boardGames = new BoardGames({
    places: allGamePlaces(
      new ConversationGames({ contacts, conversations, messages, words, events }),
      new RoomGames({ rooms, mirrors, events, clock, ownAddress: () => OWN_ADDRESS }),
    ),
    random,
  });
  boardGames.start();
  const domain = {
    boardGames,
    ...{ owner, contacts, trust, links, conversations, search, relay, presence, events },
    ...{ rekeying, deletions, deletionRequests, rooms, guests, mirrors, roomPresence },
    backUp: (passphrase: string) =>
      Promise.resolve(Readable.from([Buffer.from(`sealed with ${passphrase}`)])),
    exported: (address: Address | undefined) =>
      exportLines({ owner, contacts, messages, rooms, mirrors }, address),
    takeIn: (): never => {
      throw new Error('nothing is imported here');
    },
  };
  return { domain, requests, messages, relayStore };
}

async function writeFiles(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'assets'));
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
  return folder;
}
