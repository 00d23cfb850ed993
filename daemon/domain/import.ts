/** Takes in what `export` made: adds what is not there, changes nothing that is. Source: docs/backup.md#an-export. */
import type {
  ApiImported,
  ExportedContact,
  ExportedMessage,
  ExportedStep,
  ExportLine,
} from '../wire/export.ts';
import { formatTimestamp } from '../wire/timestamp.ts';
import type { Contacts } from './contacts.ts';
import type { Conversations } from './conversations.ts';
import type { DomainEvents } from './events.ts';
import { ImportReview, waits } from './import-review.ts';
import { RoomTaking, type RoomImportDependencies } from './import-rooms.ts';
import type { Contact, ContactNumber, MessageStep, NewMessage } from './model.ts';
import type { Outbox } from './outbox.ts';
import type { Owner } from './owner.ts';
import type { MessageStore, OwnAddresses } from './ports.ts';

/** Messages that are stored together. */
const BATCH_MESSAGES = 200;

type Dependencies = Readonly<{
  owner: Pick<Owner, 'change'>;
  contacts: Pick<Contacts, 'get' | 'list' | 'adopt' | 'update' | 'byNumber'>;
  conversations: Pick<Conversations, 'nextSequence' | 'unread'>;
  messages: Pick<MessageStore, 'add' | 'find' | 'note' | 'read'>;
  outbox: Pick<Outbox, 'add'>;
  events: DomainEvents;
  own: OwnAddresses;
}> &
  RoomImportDependencies;

type NumberedLine = Readonly<{ line: ExportLine; number: number }>;

/** Lines that can be read more than once. */
export type ImportSource = () => AsyncIterable<NumberedLine>;

/**
 * Imports an export. Looks at all of it first, so that one that can't be taken leaves nothing behind; repeating an
 * import that was interrupted adds what was missing.
 *
 * @throws {WireError} `bad_request`, with the line; nothing was imported.
 * @throws {StorageError} What was imported until then stays.
 */
export async function importLines(deps: Dependencies, source: ImportSource): Promise<ApiImported> {
  const review = new ImportReview(deps.own);
  for await (const { line, number } of source()) review.look(line, number);
  review.finish();
  const taking = new Taking(deps);
  for await (const { line } of source()) await taking.take(line);
  return taking.finish();
}

/** How far a conversation is read: up to the first message that is not. */
type ReadMark = { upToS: number; isOver: boolean };

type Taken = Readonly<{ contact: Contact; message: ExportedMessage }>;

/** The second look: what is not there yet is stored. */
class Taking {
  readonly #deps: Dependencies;
  readonly #isNew: boolean;
  readonly #marks = new Map<ContactNumber, ReadMark>();
  readonly #rooms: RoomTaking;
  #batch: Taken[] = [];
  readonly #count = { contacts: 0, known_contacts: 0, messages: 0, known_messages: 0 };

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#isNew = deps.contacts.list().length === 0;
    this.#rooms = new RoomTaking(deps);
  }

  async take(line: ExportLine): Promise<void> {
    switch (line.k) {
      case 'owner':
        // Whoever has friends here has a name here, too.
        if (this.#isNew)
          await this.#deps.owner.change({ nick: line.nick, settings: line.settings });
        return;
      case 'contact':
        return this.#takeContact(line);
      case 'message':
        return this.#takeMessage(line);
      case 'room':
        return this.#rooms.takeRoom(line);
      case 'event':
        return this.#rooms.takeEvent(line);
      case 'vestnik':
      case 'end':
    }
  }

  async finish(): Promise<ApiImported> {
    await this.#store();
    for (const [number, { upToS }] of this.#marks) {
      const contact = this.#deps.contacts.byNumber(number);
      if (contact === undefined) continue;
      const readUpTo = Math.max(contact.readUpTo, upToS);
      await this.#deps.contacts.update(contact, { readUpTo });
      this.#deps.events.emit('conversation', { address: contact.address });
    }
    const rooms = await this.#rooms.finish();
    this.#deps.events.emit('status', undefined);
    return { ...this.#count, ...rooms };
  }

  async #takeContact(line: ExportedContact): Promise<void> {
    const known = this.#deps.contacts.get(line.address);
    if (known === undefined) await this.#deps.contacts.adopt(contactOf(line));
    this.#count[known === undefined ? 'contacts' : 'known_contacts'] += 1;
  }

  async #takeMessage(message: ExportedMessage): Promise<void> {
    const contact = this.#deps.contacts.get(message.contact);
    // The owner may have removed it since its line was read.
    if (contact === undefined) return;
    this.#beginMark(contact);
    this.#batch.push({ contact, message });
    if (this.#batch.length >= BATCH_MESSAGES) await this.#store();
  }

  async #store(): Promise<void> {
    const fresh: Taken[] = [];
    const ids = new Set<string>();
    for (const one of this.#batch.splice(0)) {
      const { direction, id } = one.message;
      const name = `${one.contact.number} ${direction} ${id}`;
      const isKnown =
        ids.has(name) ||
        (await this.#deps.messages.find(one.contact.number, direction, id)) !== undefined;
      if (isKnown) this.#count.known_messages += 1;
      else fresh.push(one);
      ids.add(name);
    }
    const stored = await this.#deps.messages.add(fresh.map((one) => this.#compose(one)));
    await this.#noteSteps(fresh, stored);
    for (const [index, { contact, message }] of fresh.entries()) {
      this.#moveMark(contact, message, stored[index]?.s ?? 0);
    }
    this.#count.messages += stored.length;
  }

  #compose({ contact, message }: Taken): NewMessage {
    const timestamp = Date.parse(message.timestamp);
    const isWaiting = message.direction === 'out' && waits(message.steps);
    return {
      conversation: contact.number,
      id: message.id,
      direction: message.direction,
      from: message.from,
      to: message.to,
      text: message.message,
      wireTimestamp: message.wire_timestamp ?? formatTimestamp(timestamp),
      timestamp,
      receivedAt: Date.parse(message.received),
      enctype: message.enctype,
      // What arrived under another identity is no part of what this one counts.
      sequence: isWaiting ? this.#deps.conversations.nextSequence(contact) : undefined,
      via: message.via,
    };
  }

  /** All are on their way at once, in their order, so that they share a few syncs. */
  async #noteSteps(
    fresh: readonly Taken[],
    stored: readonly Readonly<{ s: number }>[],
  ): Promise<void> {
    const { messages, outbox } = this.#deps;
    const notes = fresh.flatMap(({ contact, message: { steps } }, index) =>
      steps.map((step) => messages.note(stepOf(step, contact.number, stored[index]?.s ?? 0))),
    );
    await Promise.all(notes);
    for (const one of await messages.read(stored.map(({ s }) => s))) {
      const isWaiting = one.state === 'queued' || one.state === 'relayed';
      if (one.direction === 'out' && isWaiting) outbox.add(one);
    }
  }

  /** Where something was unread before the import, it stays so. */
  #beginMark(contact: Contact): void {
    if (this.#marks.has(contact.number)) return;
    const isOver = this.#deps.conversations.unread(contact) > 0;
    this.#marks.set(contact.number, { upToS: contact.readUpTo, isOver });
  }

  #moveMark({ number }: Contact, { direction, unread }: ExportedMessage, s: number): void {
    const mark = this.#marks.get(number);
    if (mark === undefined || mark.isOver || direction === 'out') return;
    if (unread === true) mark.isOver = true;
    else mark.upToS = s;
  }
}

function contactOf(line: ExportedContact): Parameters<Contacts['adopt']>[0] {
  const { fingerprint, fingerprint_from: source } = line;
  return {
    address: line.address,
    nick: line.nick,
    since: Date.parse(line.since),
    lastOnlineAt: instant(line.last_online),
    lastConnectAt: instant(line.last_connect),
    canResend: line.can_resend === 1,
    relayFor: line.relay_for,
    relayPlain: line.relay_plain,
    isMuted: line.muted,
    isBlocked: line.blocked,
    retention: line.retention === 'default' ? undefined : line.retention,
    sharesPresence: line.shares_presence,
    expected:
      fingerprint === null || source === null
        ? undefined
        : { fingerprint, source, invitation: undefined },
  };
}

function stepOf(
  { at, step, via, enctype, outcome }: ExportedStep,
  conversation: ContactNumber,
  s: number,
): MessageStep {
  return { conversation, messages: [s], at: Date.parse(at), step, via, enctype, outcome };
}

function instant(time: string | null): number | undefined {
  return time === null ? undefined : Date.parse(time);
}
