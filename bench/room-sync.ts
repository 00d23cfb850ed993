/** 300 daemons with 30 users each that mirror one room of one host, over real HTTP in one process. */
import { Agent, request, type IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Contact } from '../daemon/domain/model.ts';
import { hashServerSessions } from '../daemon/domain/room-hash.ts';
import { openPeerListener } from '../daemon/peer/peer-listener.ts';
import { systemClock } from '../daemon/system.ts';
import { membershipUid } from '../daemon/wire/room-sync-bodies.ts';
import { decodeCheckAnswer } from '../daemon/wire/room-sync-answer.ts';
import { encodeCheck } from '../daemon/wire/room-sync-check.ts';
import type { CheckAnswer, RoomCheck } from '../daemon/wire/room-sync.ts';
import { contactAt, peerRooms } from '../test/helpers/peer-world.ts';
import { formatCount, formatMs, type Table } from './table.ts';

const ASKERS = 300;
const USERS = 30;
const MESSAGES = 20;
const MEMBERS = [1, ASKERS];

type Asker = Readonly<{ contact: Contact; users: readonly string[] }>;
type Reply = Readonly<{ body: string; sent: number }>;

/** As what one asker knows when it is equal. */
type Known = Pick<RoomCheck, 'servers' | 'sessions' | 'ownSessions' | 'rooms' | 'cursor'>;

export async function benchRoomSync(measureMs: number): Promise<Table> {
  const rows: string[][] = [];
  for (const members of MEMBERS) rows.push(await measure(members, measureMs));
  return {
    title: `${ASKERS} daemons with ${USERS} users each ask one host, all in one process`,
    columns: [
      'members of the room',
      'checks/s, all equal',
      'bytes up',
      'bytes down',
      'rooms told after one membership changed',
      'a message with the last member, worst ms',
    ],
    rows,
  };
}

async function measure(members: number, measureMs: number): Promise<string[]> {
  const world = await openWorld();
  try {
    const { uid } = world.room;
    const joining = world.askers.slice(0, members);
    for (const asker of joining) await world.check(asker, { claims: [joiningOf(asker, uid)] });
    for (const asker of world.askers) await world.tellSessions(asker);
    const known = new Map<Asker, Known>();
    for (const asker of world.askers) known.set(asker, world.known(asker));
    const { checks, up, down } = await countChecks(world, known, measureMs);
    const worstMs = await spread(world, joining, known);
    const told = await world.changeOne();
    return [
      String(members),
      formatCount(checks),
      String(up),
      String(down),
      String(told),
      formatMs(worstMs),
    ];
  } finally {
    await world.close();
  }
}

type World = Awaited<ReturnType<typeof openWorld>>;

async function openWorld() {
  const { rooms, host, forged, store } = peerRooms();
  const askers: readonly Asker[] = Array.from({ length: ASKERS }, (_, i) => {
    const address = `10.0.${i >> 8}.${i & 255}`;
    const contact = contactAt(address, { number: i + 1, issuedKey: `key ${i}` });
    return { contact, users: Array.from({ length: USERS }, (__, n) => `user${n}@${address}`) };
  });
  const byKey = new Map(askers.map(({ contact }) => [contact.issuedKey, contact]));
  const listener = await openPeerListener({
    target: { host: '127.0.0.1', port: 0 },
    get: 'ping',
    clock: systemClock,
    lag: { ms: 0 },
    onDefect: (error) => {
      throw error;
    },
  });
  const contacts = { list: () => [], get: () => undefined };
  listener.serve({
    ...{ host, forged },
    contacts: { ...contacts, byIssuedKey: (key) => byKey.get(key) },
    hops: { byKeyHint: () => [], byHost: () => [], keysOf: () => undefined },
    handshakes: { receive: () => Promise.resolve({ status: 0 }), noticeAt: () => undefined },
    inbox: { receive: () => Promise.resolve({ accepted: [] }) },
    relay: { take: () => Promise.resolve(false), withdraw: () => Promise.resolve() },
    presence: { heardFrom: () => undefined },
    own: { isOwn: () => false },
    onUnproven: () => undefined,
    onClaimedAddress: () => undefined,
  });
  const room = await rooms.createAsOwner('lobby', false);
  await rooms.createAsOwner('kitchen', false);
  const agent = new Agent({ keepAlive: true, maxSockets: ASKERS + 1 });

  async function ask(
    { contact: { address, issuedKey } }: Asker,
    path: string,
    body: string,
  ): Promise<Reply> {
    const headers = { 'vestnik-address': address, 'vestnik-key': issuedKey };
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { port: listener.port, method: 'POST', path, agent } as const;
      request({ ...options, headers: { ...headers, 'content-length': Buffer.byteLength(body) } })
        .on('response', resolve)
        .on('error', reject)
        .end(body);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (incoming.statusCode !== 200) throw new Error(`${incoming.statusCode}: ${text}`);
    return { body: text, sent: Buffer.byteLength(body) };
  }

  function bodyOf({ contact }: Asker, change: Partial<RoomCheck>): string {
    const me = { address: contact.address, accessKey: contact.issuedKey };
    return encodeCheck({ ...NOTHING, me, ...change });
  }

  return {
    ...{ askers, rooms, room, ask, bodyOf },
    async check(asker: Asker, change: Partial<RoomCheck>, query = ''): Promise<CheckAnswer> {
      const { body } = await ask(asker, `/chatserver/check/${query}`, bodyOf(asker, change));
      return decodeCheckAnswer(body);
    },
    async tellSessions(asker: Asker): Promise<void> {
      const { address } = asker.contact;
      const body = JSON.stringify({ serverUID: address, sessions: asker.users });
      await ask(asker, `/chatserver/setsessions/${address}`, body);
    },
    known({ contact: { number, address, nick }, users }: Asker): Known {
      return {
        servers: host.sessions.networkHash,
        sessions: host.sessions.hash,
        ownSessions: { server: address, hash: hashServerSessions(address, users) },
        rooms: host.roomsHash({ contact: number, server: address, nick }),
        cursor: store.lastPlace(room.uid),
      };
    },
    /** How many rooms an asker would have to fetch after one membership changed. */
    async changeOne(): Promise<number> {
      const [asker] = askers;
      if (asker === undefined) return 0;
      const before = (await this.check(asker, { rooms: NO_HASH })).rooms;
      await rooms.members.setRole(room.uid, 'ringo', 'banned');
      const after = (await this.check(asker, { rooms: NO_HASH })).rooms;
      return [...(after ?? [])].filter(([uid, hash]) => before?.get(uid) !== hash).length;
    },
    async close(): Promise<void> {
      host.stop();
      agent.destroy();
      await listener.close();
    },
  };
}

const NO_HASH = '0'.repeat(40);
const NOTHING: RoomCheck = {
  ...{ me: undefined, servers: undefined, sessions: undefined, ownSessions: undefined },
  ...{ rooms: undefined, claims: [], cursor: undefined, repairs: new Map() },
};

function joiningOf({ users }: Asker, room: string): RoomCheck['claims'][number] {
  const [user = ''] = users;
  return { kind: 'mb', uid: membershipUid(room, user), user, room, role: 'member', invite: '' };
}

async function countChecks(
  world: World,
  known: ReadonlyMap<Asker, Known>,
  measureMs: number,
): Promise<Readonly<{ checks: number; up: number; down: number }>> {
  const beganMs = performance.now();
  let count = 0;
  let up = 0;
  let down = 0;
  await Promise.all(
    world.askers.map(async (asker) => {
      const body = world.bodyOf(asker, known.get(asker) ?? {});
      while (performance.now() - beganMs < measureMs) {
        const reply = await world.ask(asker, '/chatserver/check/', body);
        count += 1;
        up = Math.max(up, reply.sent);
        down = Math.max(down, reply.body.length);
      }
    }),
  );
  return { checks: (count * 1000) / (performance.now() - beganMs), up, down };
}

/** From saying one message until the last member has it. @returns The worst of some rounds. */
async function spread(
  world: World,
  members: readonly Asker[],
  known: Map<Asker, Known>,
): Promise<number> {
  const { rooms, room } = world;
  const [first] = members;
  if (first === undefined) return NaN;
  let worstMs = 0;
  for (let i = 0; i < MESSAGES; i++) {
    const waiting = members.map((asker) => world.check(asker, known.get(asker) ?? {}, '?wait=25'));
    // An asker further on is answered when all that came before it wait.
    await world.check(first, {});
    const beganMs = performance.now();
    await rooms.sayAsOwner(rooms.require(room.name), `message ${i}`);
    const answers = await Promise.all(waiting);
    worstMs = Math.max(worstMs, performance.now() - beganMs);
    for (const [index, { cursor, events }] of answers.entries()) {
      if (events.length !== 1) throw new Error(`${events.length} events instead of one`);
      const asker = members[index];
      if (asker !== undefined) known.set(asker, { ...world.known(asker), cursor });
    }
  }
  return worstMs;
}
