import type { ExecutionContext } from 'ava';
import { CountedDh, createNodeDh } from '../../daemon/crypto/dh.ts';
import { SEED_BYTES } from '../../daemon/crypto/identity.ts';
import { buildDomain, type Domain } from '../../daemon/build-domain.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { OwnIdentities } from '../../daemon/domain/own-identities.ts';
import type { Clock, Random } from '../../daemon/domain/ports.ts';
import { RELAY_QUOTA, type RelayQuota } from '../../daemon/domain/relay.ts';
import type { LoopLag } from '../../daemon/http/loop-lag.ts';
import { MachineAddresses } from '../../daemon/peer/own-addresses.ts';
import { openPeerListener } from '../../daemon/peer/peer-listener.ts';
import { systemClock, systemRandom } from '../../daemon/system.ts';
import { parseAddress, type Address } from '../../daemon/wire/address.ts';
import {
  DEFAULT_SETTINGS,
  memoryContactStore,
  MemoryDeletionStore,
  MemoryIdentityStore,
  memoryInvitationStore,
  MemoryMessageStore,
  MemoryRelayStore,
  memoryRequestStore,
  MemorySessionStore,
} from './memory-stores.ts';
import { PATIENCE_MS } from './eventually.ts';
import { MemoryRoomStore, ROOM_RULES } from './memory-room-store.ts';
import { MemoryWordIndex } from './memory-word-index.ts';

type Options = Readonly<{
  host?: string;
  nick?: string;
  clock?: Clock;
  random?: Random;
  get?: 'ping' | 'all';
  quota?: Partial<RelayQuota>;
  /** Whom a host stands for when strangers are counted; unless given, loopback is exempt. */
  strangerOf?: (host: string) => string | undefined;
  lag?: LoopLag;
  rooms?: MemoryRoomStore;
}>;

/** A daemon without a disk and without a GUI: the real domain behind a real peer listener. */
export type MemoryDaemon = Domain &
  Readonly<{
    address: Address;
    messages: MemoryMessageStore;
    /** Counts public-key operations. */
    dh: CountedDh;
    defects: readonly unknown[];
  }>;

/** Starts one that ends with the test. */
export async function startMemoryDaemon(
  t: ExecutionContext,
  {
    host = '127.0.0.1',
    nick = 'test',
    clock = systemClock,
    random = systemRandom,
    get = 'ping',
    quota = {},
    strangerOf,
    // What else this machine does is none of the tests' business.
    lag = { ms: 0 },
    rooms = new MemoryRoomStore(),
  }: Options = {},
): Promise<MemoryDaemon> {
  const defects: unknown[] = [];
  const onDefect = (error: unknown): void => void defects.push(error);
  const listener = await openPeerListener({
    target: { host, port: 0 },
    get,
    clock,
    onDefect,
    ...(strangerOf === undefined ? {} : { strangerOf }),
    lag,
  });
  const { port } = listener;
  const own = new MachineAddresses({
    place: { given: undefined, boundHost: host, port },
    ports: new Set([port]),
    clock,
  });
  const messages = new MemoryMessageStore();
  const dh = new CountedDh(createNodeDh());
  const store = new MemoryIdentityStore({ seed: random.bytes(SEED_BYTES), former: undefined });
  const identities = new OwnIdentities({ store, dh, random, clock });

  const domain = buildDomain({
    stores: {
      contacts: memoryContactStore(),
      requests: memoryRequestStore(),
      messages,
      relay: new MemoryRelayStore(),
      words: new MemoryWordIndex(() => messages.lastS),
      sessions: new MemorySessionStore(),
      invitations: memoryInvitationStore(),
      rooms,
      deletions: new MemoryDeletionStore(),
      owner: {
        initial: { nick, status: 'online', settings: DEFAULT_SETTINGS },
        save: () => Promise.resolve(),
      },
    },
    events: new DomainEvents(),
    clock,
    random,
    keys: { identities, dh },
    own,
    version: '0.0.0',
    listeners: () => [],
    disk: () => ({ state: 'ok', freeBytes: undefined, lossWindowMs: 0 }),
    hasRoomForOthers: () => true,
    quota: { ...RELAY_QUOTA, ...quota },
    rooms: ROOM_RULES,
    expireDays: 30,
    touchSaveMs: 60_000,
    onDefect,
  });
  listener.serve({ ...domain, own });
  domain.lanes.start();
  await domain.syncLoop.start();
  t.teardown(async () => {
    domain.host.stop();
    await domain.syncLoop.stop();
    domain.lanes.stop();
    domain.client.close();
    await listener.close();
  });
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return { ...domain, address: parseAddress(`${bracketed}:${port}`), messages, dh, defects };
}

/** Makes two of them contacts of each other. */
export async function befriendInMemory(one: MemoryDaemon, other: MemoryDaemon): Promise<void> {
  await one.contacts.add({ address: other.address });
  await happens(other, () => other.contacts.request(one.address) !== undefined);
  await other.contacts.accept(one.address);
  await happens(one, () => one.contacts.get(other.address)?.encryption === 'dr1');
  await happens(other, () => other.contacts.get(one.address)?.encryption === 'dr1');
}

/** Waits until something is so, looking whenever anything happens in the domain. */
export function happens(daemon: MemoryDaemon, isSo: () => boolean): Promise<void> {
  if (isSo()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (!isSo()) return;
      finish();
      resolve();
    };
    const names = [
      'contact',
      'contactGone',
      'message',
      'conversation',
      'relay',
      'status',
      'room',
      'roomEvents',
    ] as const;
    const stops = names.map((name) => daemon.events.on(name, look));
    const timer = setTimeout(() => {
      finish();
      reject(new Error(`it did not happen within ${PATIENCE_MS} ms`));
    }, PATIENCE_MS);
    const finish = (): void => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  });
}
