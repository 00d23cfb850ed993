import { deletionId } from '../crypto/digest.ts';
import { ACK_MAX_IDS, type ShownPresence, type WritableBody } from '../wire/dr1-inner.ts';
import type { Contacts } from './contacts.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber } from './model.ts';
import type { Clock } from './ports.ts';

/** An acknowledgement after a quiet while goes out at once; others gather. At most 2 s. Source: docs/encryption.md#limits. */
const ACK_FIRST_MS = 5;
const ACK_INTERVAL_MS = 100;

/**
 * Something to say that nobody wrote. `id`, `sequence`: for `del` alone, an id of its own that stays the same where it is
 * final, and the number of the message that it takes back.
 */
export type Control = Readonly<{
  body: WritableBody;
  id?: string;
  sequence: number | undefined;
}>;

/** A handshake past a friend, ready to go. */
export type HandshakeEnvelope = Readonly<{ enctype: 'hs1' | 'hs2'; message: string }>;

/** A message that is taken back, by its id and number on the wire. */
export type Withdrawn = Readonly<{
  id: string;
  sequence: number;
  /** For good: if it came, it is to be deleted. Else it may be sent again one day. */
  isFinal: boolean;
}>;

/** What is owed to one contact. */
type Owed = {
  acks: Set<string>;
  /** Our greeting has not reached it on the present session. */
  isHelloDue: boolean;
  readUpTo: string | undefined;
  withdrawn: Withdrawn[];
  handshakes: HandshakeEnvelope[];
  /** It wrote so much that we answer, if only to change keys: from this monotonic time on. */
  replyMs: number | undefined;
  dueMs: number;
};

/** All that is taken at once; what could not be handed over comes back. */
export type TakenControls = Readonly<{
  controls: readonly Control[];
  handshakes: readonly HandshakeEnvelope[];
  /** @param soonestMs Monotonic time before which they are not due again. */
  putBack: (soonestMs?: number) => void;
}>;

/** Withdrawals that wait for one contact; more show as a gap. */
const WITHDRAWN_MAX = 1_500;
/** Acknowledgements that wait for one contact; whoever misses an older one sends again, and gets another (G16). */
export const ACKS_MAX = 5_000;
/** Honoured requests of one contact that are remembered, as long as a repeat of one can be recognised. */
const HONOURED_MAX = 5_000;
/** Handshakes past a friend that wait for one contact; an older one has been overtaken. */
const HANDSHAKES_MAX = 4;
/** What is taken at once: with a whole batch of messages it still fits into one `history`. */
export const TAKEN_MAX = 40;

/** Of these: half for acknowledgements, and what a greeting, a read mark and handshakes leave for withdrawals. */
const ACKS_TAKEN_MAX = (TAKEN_MAX / 2) * ACK_MAX_IDS;
const WITHDRAWN_TAKEN_MAX = TAKEN_MAX / 2 - HANDSHAKES_MAX - 2;

type Dependencies = Readonly<{
  contacts: Pick<Contacts, 'byNumber'>;
  events: DomainEvents;
  clock: Clock;
  nick: () => string;
  /** What a contact may see of our being here. */
  shownTo: (contact: Contact) => ShownPresence;
}>;

/**
 * What daemons say to each other about messages: acknowledgements, greetings, read marks. Kept in memory alone: whoever
 * misses an acknowledgement sends again, and gets another one.
 */
export class Controls {
  readonly #deps: Dependencies;
  readonly #owed = new Map<ContactNumber, Owed>();
  readonly #ackedMs = new Map<ContactNumber, number>();
  /** Ids of requests to delete something that was deleted. */
  readonly #honoured = new Map<ContactNumber, Set<string>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    deps.events.on('contactGone', ({ contact }) => {
      if (contact !== undefined) this.#forget(contact);
    });
    deps.events.on('identityReplaced', ({ contact }) => this.#forget(contact));
    deps.events.on('rekeyed', ({ contact: { number } }) => {
      // Acknowledgements keep their worth, handshakes under the former identity do not.
      this.#owed.get(number)?.handshakes.splice(0);
    });
  }

  /** Acknowledges messages; soon, and together with others. */
  acknowledge(contact: Contact, ids: readonly string[]): void {
    if (ids.length === 0) return;
    const owed = this.#of(contact);
    for (const id of ids) owed.acks.add(id);
    for (const oldest of owed.acks) {
      if (owed.acks.size <= ACKS_MAX) break;
      owed.acks.delete(oldest);
    }
    const nowMs = this.#deps.clock.monotonicMs();
    const lastMs = this.#ackedMs.get(contact.number) ?? -Infinity;
    const soonestMs = Math.max(nowMs + ACK_FIRST_MS, lastMs + ACK_INTERVAL_MS);
    this.#owe(contact, owed.acks.size >= ACKS_TAKEN_MAX ? nowMs : soonestMs);
  }

  /** A request to delete something was honoured: whenever it is acknowledged, that is said as well. */
  honoured({ number }: Contact, id: string): void {
    const ids = this.#honoured.get(number) ?? new Set();
    this.#honoured.set(number, ids.add(id));
    for (const oldest of ids) {
      if (ids.size <= HONOURED_MAX) break;
      ids.delete(oldest);
    }
  }

  /**
   * Greets: the session is in use, this is what we are called, and what we show of our being here.
   *
   * @param delayMs At most so long, with others that come meanwhile.
   */
  hello(contact: Contact, delayMs = 0): void {
    this.#of(contact).isHelloDue = true;
    this.#owe(contact, delayMs === 0 ? 0 : this.#deps.clock.monotonicMs() + delayMs);
  }

  /** The owner has read up to and with this message. */
  read(contact: Contact, id: string): void {
    this.#of(contact).readUpTo = id;
    this.#owe(contact, this.#deps.clock.monotonicMs() + ACK_INTERVAL_MS);
  }

  /** Takes a message back. */
  withdraw(contact: Contact, withdrawn: Withdrawn): void {
    const owed = this.#of(contact);
    const index = owed.withdrawn.findIndex(({ id }) => id === withdrawn.id);
    const known = owed.withdrawn[index];
    if (known === undefined ? owed.withdrawn.length >= WITHDRAWN_MAX : known.isFinal) return;
    // What was only cancelled may be deleted after that.
    owed.withdrawn.splice(index === -1 ? owed.withdrawn.length : index, 1, withdrawn);
    this.#owe(contact, 0);
  }

  /**
   * Answers, if only to change keys.
   *
   * @param replyMs Monotonic time from which an answer changes them: one that goes before says nothing new.
   */
  reply(contact: Contact, replyMs: number): void {
    this.#of(contact).replyMs = replyMs;
    this.#owe(contact, replyMs);
  }

  /** Sends a handshake that was made past a friend. */
  handshake(contact: Contact, envelope: HandshakeEnvelope): void {
    const { handshakes } = this.#of(contact);
    handshakes.push(envelope);
    handshakes.splice(0, handshakes.length - HANDSHAKES_MAX);
    this.#owe(contact, 0);
  }

  /** Monotonic time from which something is to be said; `undefined` when nothing is. */
  dueMs(contact: Contact): number | undefined {
    return this.#owed.get(contact.number)?.dueMs;
  }

  /** Takes what is owed, as much as fits; the rest stays, and is due. */
  take(contact: Contact): TakenControls {
    const owed = this.#owed.get(contact.number);
    if (owed === undefined) return { controls: [], handshakes: [], putBack: () => undefined };
    this.#owed.delete(contact.number);
    this.#leaveRest(contact, owed);
    const nowMs = this.#deps.clock.monotonicMs();
    this.#leaveReply(contact, owed, nowMs);
    if (owed.acks.size > 0) this.#ackedMs.set(contact.number, nowMs);
    return {
      controls: this.#controlsOf(contact, owed),
      handshakes: owed.handshakes,
      putBack: (soonestMs = 0) => this.#putBack(contact, owed, soonestMs),
    };
  }

  /** Splits off what would be too much for one request: as it is owed, it is due at once. */
  #leaveRest(contact: Contact, owed: Owed): void {
    const acks = [...owed.acks].slice(ACKS_TAKEN_MAX);
    const withdrawn = owed.withdrawn.splice(WITHDRAWN_TAKEN_MAX);
    if (acks.length === 0 && withdrawn.length === 0) return;
    for (const id of acks) owed.acks.delete(id);
    const rest = this.#of(contact);
    for (const id of acks) rest.acks.add(id);
    rest.withdrawn.push(...withdrawn);
    rest.dueMs = owed.dueMs;
  }

  /** What goes before its time does not change the keys, so the reply stays owed. */
  #leaveReply(contact: Contact, owed: Owed, nowMs: number): void {
    const { replyMs } = owed;
    if (replyMs === undefined || replyMs <= nowMs) return;
    owed.replyMs = undefined;
    const rest = this.#of(contact);
    rest.replyMs = replyMs;
    rest.dueMs = Math.min(rest.dueMs, replyMs);
  }

  #controlsOf(contact: Contact, owed: Owed): readonly Control[] {
    const controls: Control[] = [];
    const say = (body: WritableBody): void => {
      controls.push({ body, sequence: undefined });
    };
    if (owed.isHelloDue) {
      const invitation = contact.expected?.invitation;
      const presence = this.#deps.shownTo(contact);
      const { countedSince } = contact;
      say({ type: 'hello', nick: this.#deps.nick(), invitation, presence, countedSince });
    }
    const ids = [...owed.acks];
    for (let i = 0; i < ids.length; i += ACK_MAX_IDS) {
      say(this.#ackOf(contact, ids.slice(i, i + ACK_MAX_IDS)));
    }
    if (owed.readUpTo !== undefined) say({ type: 'read', upTo: owed.readUpTo });
    for (const { id, sequence, isFinal } of owed.withdrawn) {
      const body = { type: 'del', target: id, isFinal } as const;
      controls.push(isFinal ? { body, id: deletionId(id), sequence } : { body, sequence });
    }
    if (owed.replyMs !== undefined && controls.length === 0) say({ type: 'ack', ids: [] });
    return controls;
  }

  #ackOf({ number }: Contact, ids: readonly string[]): WritableBody {
    const honoured = this.#honoured.get(number);
    const deleted = honoured === undefined ? [] : ids.filter((id) => honoured.has(id));
    return deleted.length === 0 ? { type: 'ack', ids } : { type: 'ack', ids, deleted };
  }

  #forget({ number }: Contact): void {
    this.#owed.delete(number);
    this.#honoured.delete(number);
  }

  #of({ number }: Contact): Owed {
    const known = this.#owed.get(number);
    if (known !== undefined) return known;
    const owed: Owed = {
      acks: new Set(),
      isHelloDue: false,
      readUpTo: undefined,
      withdrawn: [],
      handshakes: [],
      replyMs: undefined,
      dueMs: Infinity,
    };
    this.#owed.set(number, owed);
    return owed;
  }

  #owe(contact: Contact, dueMs: number): void {
    const owed = this.#of(contact);
    if (owed.dueMs <= dueMs) return;
    owed.dueMs = dueMs;
    this.#deps.events.emit('owed', { contact });
  }

  #putBack(contact: Contact, owed: Owed, soonestMs: number): void {
    if (this.#deps.contacts.byNumber(contact.number) === undefined || isEmpty(owed)) return;
    owed.dueMs = Math.max(owed.dueMs, soonestMs);
    const now = this.#owed.get(contact.number);
    if (now !== undefined) {
      for (const id of now.acks) owed.acks.add(id);
      owed.isHelloDue ||= now.isHelloDue;
      owed.readUpTo = now.readUpTo ?? owed.readUpTo;
      owed.withdrawn.push(...now.withdrawn);
      owed.handshakes.push(...now.handshakes);
      owed.replyMs ??= now.replyMs;
      owed.dueMs = Math.min(owed.dueMs, now.dueMs);
    }
    this.#owed.set(contact.number, owed);
  }
}

function isEmpty(owed: Owed): boolean {
  const { acks, isHelloDue, readUpTo, withdrawn, handshakes, replyMs } = owed;
  const lists = acks.size + withdrawn.length + handshakes.length;
  return lists === 0 && !isHelloDue && readUpTo === undefined && replyMs === undefined;
}
