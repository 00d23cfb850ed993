/**
 * Daemons in one process, on one clock that stands still until it is told to go on, with a network between them that
 * does what a test says. Everything but the disk and HTTP is the real thing.
 */
import type { ExecutionContext } from 'ava';
import { buildDomain, type Domain, type DomainStores } from '../../daemon/build-domain.ts';
import { CountedDh, createNodeDh } from '../../daemon/crypto/dh.ts';
import {
  authenticateRequest,
  authenticateResponse,
  isResponseGenuine,
} from '../../daemon/crypto/hop-auth.ts';
import { openIdentity, SEED_BYTES, type Identity } from '../../daemon/crypto/identity.ts';
import { sha256 } from '../../daemon/crypto/kdf.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import type { Contact } from '../../daemon/domain/model.ts';
import { OwnIdentities } from '../../daemon/domain/own-identities.ts';
import type { Random } from '../../daemon/domain/ports.ts';
import { RELAY_QUOTA } from '../../daemon/domain/relay.ts';
import { ContactPressure } from '../../daemon/peer/contact-pressure.ts';
import { answerHeader, prove, readClaim } from '../../daemon/peer/hop-proof.ts';
import { MachineAddresses } from '../../daemon/peer/own-addresses.ts';
import { PeerAnswers } from '../../daemon/peer/peer-answers.ts';
import { ANSWER_TIMEOUT_MS, type PeerConnections } from '../../daemon/peer/peer-client.ts';
import type { HopProof, PeerReply } from '../../daemon/peer/peer-exchange.ts';
import { parseAddress, splitAddress, type Address } from '../../daemon/wire/address.ts';
import { formatHopAuth, parseHopAuth } from '../../daemon/wire/e2e.ts';
import type { ApiSettings } from '../../daemon/wire/gui-api.ts';
import { decodePeerRequest, encodeHistory, type OutgoingMessage } from '../../daemon/wire/peer.ts';
import { FakeClock, settle } from './fake-clock.ts';
import {
  MemoryIdentityStore,
  memoryInvitationStore,
  memoryRequestStore,
  DEFAULT_SETTINGS,
  MemoryDeletionStore,
  MemoryDocument,
  MemoryMessageStore,
  MemoryRelayStore,
  MemorySessionStore,
} from './memory-stores.ts';
import { MemoryRoomStore, ROOM_RULES } from './memory-room-store.ts';
import { MemoryWordIndex } from './memory-word-index.ts';
import { Leg } from './simulated-leg.ts';

const NO_LAG = { ms: 0 };
const FREE_VISIT = { countStranger: () => undefined, refund: () => undefined };
const PORT = 5000;

/** A request as it travels. */
export type Carried = Readonly<{
  from: Address;
  to: Address;
  body: string;
  /** `Vestnik-Auth`. */
  proof: string | undefined;
}>;

/** What came of a request. */
export type Returned = Readonly<{ body: string; proof: string | undefined }>;

/** What the network does with one exchange; waits are in milliseconds. */
export type Fate = Readonly<{
  isRequestLost?: boolean;
  isAnswerLost?: boolean;
  delayMs?: number;
  /** The request comes once more, so much later. */
  repeatedAfterMs?: number;
}>;

/** Who stands between the daemons. */
export type Wire = Readonly<{
  /** Decides what happens to a request. */
  fate?: (request: Carried) => Fate;
  /** Changes a request on its way, or answers it itself. */
  alter?: (request: Carried) => Carried | Returned;
  /** Changes an answer on its way back. */
  answer?: (request: Carried, returned: Returned) => Returned;
}>;

export class SimulatedWorld {
  readonly clock = new FakeClock();
  readonly random: Random;
  /** Every request that left, as it left. */
  readonly heard: Carried[] = [];
  readonly #daemons = new Map<Address, SimulatedDaemon>();
  readonly #writeMs: number;
  wire: Wire = {};

  /**
   * @param seed    Of all keys and ids.
   * @param writeMs Until a write is on the disk.
   */
  constructor({ seed = 1, writeMs = 0 }: Readonly<{ seed?: number; writeMs?: number }> = {}) {
    this.random = repeatableRandom(seed);
    this.#writeMs = writeMs;
  }

  /**
   * A daemon on a host of its own, running.
   *
   * @param told Address that it tells others, where that is not the one by which they reach it.
   */
  add(name: string, told?: Address): SimulatedDaemon {
    const address = parseAddress(`127.0.0.${this.#daemons.size + 2}:${PORT}`);
    const daemon = new SimulatedDaemon(this, name, { address, told, writeMs: this.#writeMs });
    this.#daemons.set(address, daemon);
    return daemon.start();
  }

  /** Lets a daemon live somewhere else from its next start on. */
  settle(daemon: SimulatedDaemon, address: Address): void {
    this.#daemons.delete(daemon.address);
    this.#daemons.set(address, daemon);
  }

  /** Takes a request where it is addressed to; `undefined` when nobody is there. */
  async deliver(request: Carried): Promise<Returned | undefined> {
    return this.#daemons.get(request.to)?.answer(request);
  }

  /** Lets time pass until something is so. */
  async until(isSo: () => boolean | Promise<boolean>, withinMs = 3_600_000): Promise<void> {
    const endMs = this.clock.monotonicMs() + withinMs;
    await settle();
    while (!(await isSo())) {
      if (this.clock.monotonicMs() > endMs) throw new Error(`not within ${withinMs} ms`);
      await this.clock.pass(50);
    }
  }

  /** Lets time pass until a promise is settled. */
  async during<Value>(promise: Promise<Value>): Promise<Value> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    promise.then(over, over);
    await this.until(() => isOver);
    return promise;
  }

  /** @param leg Its place on a connection; alone on one unless given. */
  async post(
    {
      from,
      to,
      body,
      proof,
    }: Readonly<{
      from: Address;
      to: Address;
      body: string;
      proof?: HopProof | undefined;
    }>,
    leg = new Leg(),
  ): Promise<PeerReply> {
    const request = { method: 'POST', target: '/', body: Buffer.from(body) };
    const auth =
      proof && authenticateRequest(proof.keys, request, proof.accessKey, proof.randomBytes);
    const carried = { from, to, body, proof: auth && formatHopAuth(auth) };
    this.heard.push(carried);
    const returned = await leg.settle(this.#carry(carried, leg));
    if (returned === 'broken') return { outcome: 'unreachable' };
    if (returned === 'nobody') return { outcome: 'connection_refused' };
    if (returned === undefined) return { outcome: 'timeout' };
    const response = { status: 200, body: Buffer.from(returned.body) };
    const isProven =
      proof !== undefined &&
      auth !== undefined &&
      returned.proof !== undefined &&
      isResponseGenuine(proof.keys, auth, { auth: parseHopAuth(returned.proof), ...response });
    if (proof !== undefined && !isProven && proof.isAnswerFree !== true) {
      return { outcome: 'not_proven' };
    }
    return { outcome: 'ok', body: returned.body, isProven };
  }

  async #carry(sent: Carried, leg: Leg): Promise<Returned | 'nobody' | 'broken' | undefined> {
    const fate = this.wire.fate?.(sent) ?? {};
    const passed = this.wire.alter?.(sent) ?? sent;
    await this.#wait(fate.delayMs);
    if (!(await leg.mayArrive())) return 'broken';
    const request = 'to' in passed ? (passed as Carried) : undefined;
    if (request === undefined) {
      leg.arrive();
      return passed;
    }
    if (fate.repeatedAfterMs !== undefined) {
      this.clock.after(fate.repeatedAfterMs, () => void this.deliver(request));
    }
    if (!this.#daemons.get(request.to)?.isRunning) return 'nobody';
    const timeout = this.#wait(ANSWER_TIMEOUT_MS);
    if (fate.isRequestLost === true) return timeout;
    // Whoever dies while it answers never does.
    const answer = this.deliver(request);
    leg.arrive();
    const returned = await Promise.race([answer, timeout]);
    if (fate.isAnswerLost === true || returned === undefined) return timeout;
    return this.wire.answer?.(sent, returned) ?? returned;
  }

  async #wait(delayMs: number | undefined): Promise<undefined> {
    if (!delayMs) return;
    return new Promise((resolve) => this.clock.after(delayMs, () => resolve(undefined)));
  }
}

/** What a daemon has on its disk. */
export type Disk = Readonly<{
  contacts: readonly Contact[];
  messages: MemoryMessageStore;
  sessions: MemorySessionStore['saved'];
  relay: MemoryRelayStore;
}>;

type Place = Readonly<{ address: Address; told: Address | undefined; writeMs: number }>;

/** One daemon: it can die, come back, move, and be set back to what it was. */
export class SimulatedDaemon {
  readonly name: string;
  readonly defects: unknown[] = [];
  /** What its owner has chosen by its next start. */
  settings: ApiSettings = DEFAULT_SETTINGS;
  readonly #world: SimulatedWorld;
  readonly #writeMs: number;
  readonly #dh = new CountedDh(createNodeDh());
  readonly #told: Address | undefined;
  #address: Address;
  #writes = 0;
  /** It dies just after so many writes in all, before anybody knows that the last one is on the disk. */
  diesAfterWrites: number | undefined;
  #identity: MemoryIdentityStore;
  #opened: Readonly<{ seed: Uint8Array; identity: Identity }> | undefined;
  #contacts = new MemoryDocument<readonly Contact[]>([]);
  #messages = new MemoryMessageStore();
  #sessions = new MemorySessionStore();
  #deletions = new MemoryDeletionStore();
  #relay = new MemoryRelayStore();
  #running:
    Readonly<{ domain: Domain; answers: PeerAnswers; life: { isOver: boolean } }> | undefined;

  constructor(world: SimulatedWorld, name: string, { address, told, writeMs }: Place) {
    this.#world = world;
    this.name = name;
    this.#address = address;
    this.#told = told;
    this.#writeMs = writeMs;
    const seed = world.random.bytes(SEED_BYTES);
    this.#identity = new MemoryIdentityStore({ seed, former: undefined });
  }

  /** Writes until now, in all its lives. */
  get writes(): number {
    return this.#writes;
  }

  get address(): Address {
    return this.#address;
  }

  get domain(): Domain {
    if (this.#running === undefined) throw new Error(`${this.name} is not running`);
    return this.#running.domain;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Who it is, as it lies on its disk. */
  get identity(): Identity {
    const { seed } = this.#identity.saved;
    if (this.#opened?.seed !== seed)
      this.#opened = { seed, identity: openIdentity(seed, this.#dh) };
    return this.#opened.identity;
  }

  /** Whether a former identity lies on its disk. */
  get hasFormer(): boolean {
    return this.#identity.saved.former !== undefined;
  }

  /** Its journal. */
  get messages(): MemoryMessageStore {
    return this.#messages;
  }

  /** What its disk has of its sessions, in this life. */
  get sessions(): MemorySessionStore {
    return this.#sessions;
  }

  /** What it carries for others, as it lies on its disk. */
  get relayed(): MemoryRelayStore {
    return this.#relay;
  }

  start(): this {
    const { clock, random } = this.#world;
    const life = { isOver: false };
    this.#identity = new MemoryIdentityStore(this.#identity.saved);
    this.#contacts = new MemoryDocument(this.#contacts.saved);
    this.#sessions = new MemorySessionStore(this.#sessions.saved);
    this.#deletions = new MemoryDeletionStore(this.#deletions.saved);
    const own = new MachineAddresses({
      place: {
        given: this.#told ?? this.#address,
        boundHost: splitAddress(this.#address).host,
        port: PORT,
      },
      ports: new Set([PORT]),
      clock,
      readInterfaces: () => ({}),
    });
    const identities = new OwnIdentities({
      ...{ clock, random, dh: this.#dh },
      store: this.#lasting(this.#identity, ['save'], life),
    });
    const onDefect = (error: unknown): void => {
      if (!life.isOver) this.defects.push(error);
    };
    const domain = buildDomain({
      ...{ clock, random, own, onDefect },
      stores: this.#stores(life),
      events: new DomainEvents(),
      keys: { identities, dh: this.#dh },
      version: '0.0.0',
      listeners: () => [],
      disk: () => ({ state: 'ok', freeBytes: undefined, lossWindowMs: 0 }),
      hasRoomForOthers: () => true,
      quota: RELAY_QUOTA,
      rooms: ROOM_RULES,
      expireDays: 30,
      touchSaveMs: 60_000,
      connect: () => this.#connect(life),
    });
    const pressure = new ContactPressure({ clock, lag: NO_LAG });
    const answers = new PeerAnswers({ ...domain, own, pressure });
    this.#running = { domain, answers, life };
    domain.lanes.start();
    return this;
  }

  /** Ends it at once; what is not on the disk yet is gone. */
  kill(): void {
    if (this.#running === undefined) return;
    this.#running.life.isOver = true;
    this.#running.domain.lanes.stop();
    this.#running = undefined;
  }

  /** Starts it again somewhere else, with all that it has. */
  moveTo(host: string): void {
    this.kill();
    const address = parseAddress(`${host}:${PORT}`);
    this.#world.settle(this, address);
    this.#address = address;
    this.start();
  }

  /** A backup of its disk. */
  backUp(): Disk {
    return {
      contacts: this.#contacts.saved,
      messages: this.#messages.copy(),
      sessions: new Map(this.#sessions.saved),
      relay: new MemoryRelayStore(this.#relay.carried),
    };
  }

  /** Sets it back to a backup and starts it. */
  restore({ contacts, messages, sessions, relay }: Disk): void {
    this.kill();
    this.#contacts = new MemoryDocument(contacts);
    this.#messages = messages.copy();
    this.#sessions = new MemorySessionStore(sessions);
    this.#relay = new MemoryRelayStore(relay.carried);
    this.start();
  }

  /** Writes to a contact. */
  async write(to: SimulatedDaemon, ...texts: readonly string[]): Promise<void> {
    const drafts = texts.map((text) => ({ text }));
    await this.#world.during(this.domain.conversations.send(to.address, drafts));
  }

  /** What it has of somebody, in the order in which it is shown. */
  async textsOf(other: SimulatedDaemon): Promise<readonly string[]> {
    return (await this.#page(other, 'in')).map(({ text }) => text);
  }

  /** Whether everything that it wrote to somebody was acknowledged. */
  async isRestingWith(other: SimulatedDaemon): Promise<boolean> {
    const sent = await this.#page(other, 'out');
    return sent.every(({ state }) => state === 'delivered' || state === 'read');
  }

  contact(other: SimulatedDaemon): Contact {
    return this.domain.contacts.require(other.address);
  }

  /** Id of the session on which it writes to somebody. */
  sessionWith(other: SimulatedDaemon): string | undefined {
    const { current } = this.#sessions.saved.get(this.contact(other).number) ?? {};
    return current && Buffer.from(current.state.sessionId).toString('hex');
  }

  async answer({ from, body, proof }: Carried): Promise<Returned | undefined> {
    const running = this.#running;
    if (running === undefined) return undefined;
    const { host } = splitAddress(from);
    const request = { method: 'POST', target: '/', body: Buffer.from(body) };
    const proven = prove(readClaim(proof, host, running.domain.hops), request);
    const caller = {
      host,
      isHostProven: false,
      proven: proven?.contact,
      sizeBytes: body.length,
      visit: FREE_VISIT,
    };
    const answer = await running.answers.answer(decodePeerRequest(body), caller);
    if (running.life.isOver) return new Promise(() => undefined);
    const text = JSON.stringify(answer);
    const response = { status: 200, body: Buffer.from(text) };
    return { body: text, proof: proven && answerHeader(proven, response) };
  }

  /** Its own proven answer to a request, saying what a test wants it to say. */
  say(text: string, { from, proof }: Carried): Returned {
    const contact = this.domain.contacts.list().find(({ address }) => address === from);
    const keys = contact && this.domain.hops.keysOf(contact);
    if (keys === undefined || proof === undefined)
      throw new Error(`${this.name} can't prove itself`);
    const response = { status: 200, body: Buffer.from(text) };
    const auth = authenticateResponse(keys, parseHopAuth(proof), response);
    return { body: text, proof: formatHopAuth(auth) };
  }

  /** Hands envelopes over, as a relay does that means ill. @returns What it is answered. */
  async hand(
    to: SimulatedDaemon,
    envelopes: readonly OutgoingMessage[],
  ): Promise<readonly number[]> {
    const contact = this.contact(to);
    const keys = this.domain.hops.keysOf(contact);
    if (keys === undefined) throw new Error(`${this.name} can't prove itself`);
    const body = encodeHistory(this.#address, envelopes, contact.key ?? '');
    const proof = { keys, accessKey: contact.key, randomBytes: this.#world.random.bytes };
    const reply = await this.domain.client.post(to.address, body, proof);
    if (reply.outcome !== 'ok') throw new Error(reply.outcome);
    return (JSON.parse(reply.body) as { status: number[] }).status;
  }

  async #page(other: SimulatedDaemon, direction: 'in' | 'out') {
    const page = await this.domain.conversations.page(other.address, { limit: 100_000 });
    return page.filter((message) => message.direction === direction);
  }

  #connect(life: { isOver: boolean }): PeerConnections {
    const lines = new Map<Address, Leg>();
    const carry = async (to: Address, body: string, proof: HopProof | undefined, leg: Leg) => {
      const reply = await this.#world.post({ from: this.#address, to, body, proof }, leg);
      return life.isOver ? new Promise<PeerReply>(() => undefined) : reply;
    };
    return {
      post: (to, body, proof, isOnLine = false) => {
        const leg = new Leg();
        if (isOnLine) lines.set(to, leg);
        return carry(to, body, proof, leg);
      },
      follow: (to, body, proof) => {
        const ahead = lines.get(to);
        if (ahead === undefined || ahead.isOver) return undefined;
        const leg = new Leg(ahead);
        lines.set(to, leg);
        return carry(to, body, proof, leg);
      },
      close: () => undefined,
    };
  }

  #stores(life: { isOver: boolean }): DomainStores {
    const write = <Store extends object>(store: Store, names: readonly string[]): Store =>
      this.#lasting(store, names, life);
    return {
      contacts: write(this.#contacts, ['save']),
      messages: write(this.#messages, [
        'add',
        'note',
        'remove',
        'removeUnseen',
        'removeConversation',
        'countSequence',
        'nameConversation',
      ]),
      sessions: write(this.#sessions, ['save', 'remove']),
      relay: write(this.#relay, ['add', 'remove']),
      words: new MemoryWordIndex(() => this.#messages.lastS),
      requests: memoryRequestStore(),
      invitations: memoryInvitationStore(),
      rooms: new MemoryRoomStore(),
      deletions: write(this.#deletions, ['saveAsked', 'saveReadings']),
      owner: {
        initial: { nick: this.name, status: 'online', settings: this.settings },
        save: () => Promise.resolve(),
      },
    };
  }

  /** A store whose writes take their time, and do not happen any more when the daemon has died meanwhile. */
  #lasting<Store extends object>(
    store: Store,
    names: readonly string[],
    life: { isOver: boolean },
  ): Store {
    const { clock } = this.#world;
    const delayMs = this.#writeMs;
    const isAlive = (): boolean => !life.isOver;
    return new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        const run = (...args: readonly unknown[]): unknown => Reflect.apply(value, target, args);
        if (!names.includes(String(name))) return run;
        return async (...args: readonly unknown[]) => {
          if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
          if (!isAlive()) return new Promise(() => undefined);
          const written = await run(...args);
          this.#writes += 1;
          if (this.#writes === this.diesAfterWrites) this.kill();
          return isAlive() ? written : new Promise(() => undefined);
        };
      },
    });
  }
}

/** Makes two of them contacts of each other. */
export async function befriendInWorld(
  world: SimulatedWorld,
  one: SimulatedDaemon,
  other: SimulatedDaemon,
): Promise<void> {
  await world.during(one.domain.contacts.add({ address: other.address }));
  await world.until(() => other.domain.contacts.request(one.address) !== undefined);
  await world.during(other.domain.contacts.accept(one.address));
  const isEncrypted = (of: SimulatedDaemon, to: SimulatedDaemon): boolean =>
    of.contact(to).encryption === 'dr1' && of.sessionWith(to) !== undefined;
  await world.until(() => isEncrypted(one, other) && isEncrypted(other, one));
}

/** Ends all daemons with the test, and tells what they found broken. */
export function endWith(t: ExecutionContext, ...daemons: readonly SimulatedDaemon[]): void {
  t.teardown(() => {
    for (const daemon of daemons) daemon.kill();
  });
}

/** Bytes that a seed repeats, each call other ones. */
function repeatableRandom(seed: number): Random {
  let count = 0;
  const block = (): Uint8Array => sha256(`simulated ${seed} ${count++}`);
  return {
    fraction: () => new DataView(block().buffer).getUint32(0) / 2 ** 32,
    bytes: (length) => {
      const blocks = Array.from({ length: Math.ceil(length / 32) }, block);
      return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
    },
  };
}
