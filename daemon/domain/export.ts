/** Everything readable, as lines; for people, other programs, and `import`. Source: docs/backup.md#an-export. */
import type { Address } from '../wire/address.ts';
import type { ApiSettings } from '../wire/gui-api.ts';
import {
  EXPORT_VERSION,
  type ExportedContact,
  type ExportedMessage,
  type ExportedStep,
  type ExportLine,
} from '../wire/export.ts';
import { formatTimestamp } from '../wire/timestamp.ts';
import type { Contacts } from './contacts.ts';
import { roomLines, type RoomExportDependencies } from './export-rooms.ts';
import type { Contact, MessageStep, StoredMessage } from './model.ts';
import type { Owner } from './owner.ts';
import { fingerprintOf } from './peer-identity.ts';
import type { MessageStore } from './ports.ts';

/** Messages of a conversation that are read at once. */
const PAGE_MESSAGES = 50;

type Dependencies = Readonly<{
  owner: Pick<Owner, 'nick' | 'settings'>;
  contacts: Pick<Contacts, 'list' | 'require'>;
  messages: Pick<MessageStore, 'page' | 'timeline' | 'lastS'>;
}> &
  RoomExportDependencies;

/**
 * Everything readable, or what belongs to one contact. What comes while it is read is not part of it.
 *
 * @throws {DomainError} `not_found`, at once: there is no such contact.
 */
export function exportLines(deps: Dependencies, address?: Address): AsyncIterable<ExportLine> {
  const contacts =
    address === undefined
      ? [...deps.contacts.list()].sort((one, other) => (one.address < other.address ? -1 : 1))
      : [deps.contacts.require(address)];
  return linesOf(deps, contacts, address === undefined);
}

async function* linesOf(
  deps: Dependencies,
  contacts: readonly Contact[],
  isWhole: boolean,
): AsyncGenerator<ExportLine> {
  const { owner, messages } = deps;
  const endS = messages.lastS;
  yield { k: 'vestnik', v: EXPORT_VERSION };
  if (isWhole) {
    yield { k: 'owner', nick: owner.nick, settings: settingsOf(owner) };
  }
  for (const contact of contacts) yield exportContact(contact);
  let count = 0;
  for await (const { contact, message } of inOrder(messages, contacts, endS)) {
    yield exportMessage(contact, message, await messages.timeline(message.s));
    count += 1;
  }
  const counts = { rooms: 0, events: 0 };
  for await (const line of isWhole ? roomLines(deps) : []) {
    yield line;
    counts[line.k === 'room' ? 'rooms' : 'events'] += 1;
  }
  yield { k: 'end', contacts: contacts.length, messages: count, ...counts };
}

type Placed = Readonly<{ contact: Contact; message: StoredMessage }>;

/** The messages of all conversations in the order in which they were stored. */
async function* inOrder(
  messages: Pick<MessageStore, 'page'>,
  contacts: readonly Contact[],
  endS: number,
): AsyncGenerator<Placed> {
  const cursors = contacts.map((contact) => new Cursor(messages, contact));
  const open = new Set<Cursor>();
  for (const cursor of cursors) if ((await cursor.peek()) !== undefined) open.add(cursor);
  while (open.size > 0) {
    let first: Cursor | undefined;
    for (const cursor of open) if (first === undefined || cursor.s < first.s) first = cursor;
    if (first === undefined || first.s > endS) return;
    const message = await first.take();
    if (message !== undefined) yield { contact: first.contact, message };
    if ((await first.peek()) === undefined) open.delete(first);
  }
}

/** One conversation, read page by page. */
class Cursor {
  readonly contact: Contact;
  readonly #messages: Pick<MessageStore, 'page'>;
  #page: readonly StoredMessage[] = [];
  #next = 0;
  #after = 0;
  #isOver = false;

  constructor(messages: Pick<MessageStore, 'page'>, contact: Contact) {
    this.#messages = messages;
    this.contact = contact;
  }

  /** Place of the message that comes next, once `peek` has found one. */
  get s(): number {
    return this.#page[this.#next]?.s ?? Infinity;
  }

  async peek(): Promise<StoredMessage | undefined> {
    if (this.#next >= this.#page.length && !this.#isOver) {
      const query = { after: this.#after, limit: PAGE_MESSAGES };
      this.#page = await this.#messages.page(this.contact.number, query);
      this.#next = 0;
      this.#isOver = this.#page.length === 0;
      this.#after = this.#page.at(-1)?.s ?? this.#after;
    }
    return this.#page[this.#next];
  }

  async take(): Promise<StoredMessage | undefined> {
    const message = await this.peek();
    this.#next += 1;
    return message;
  }
}

/** Member by member, so that one that is added is thought about. */
function settingsOf({ settings }: Dependencies['owner']): ApiSettings {
  const { theme, language, read_receipts, honour_deletion, retention } = settings;
  return { theme, language, read_receipts, honour_deletion, retention };
}

function exportContact(contact: Contact): ExportedContact {
  return {
    k: 'contact',
    address: contact.address,
    nick: contact.nick,
    since: formatTimestamp(contact.since),
    last_online: timeOrNull(contact.lastOnlineAt),
    last_connect: timeOrNull(contact.lastConnectAt),
    can_resend: contact.canResend ? 1 : 0,
    relay_for: contact.relayFor,
    relay_plain: contact.relayPlain,
    muted: contact.isMuted,
    blocked: contact.isBlocked,
    retention: contact.retention ?? 'default',
    shares_presence: contact.sharesPresence,
    ...fingerprintMembers(contact),
  };
}

/** What was compared was compared with an identity that does not travel along, so nothing is verified elsewhere. */
function fingerprintMembers({
  identity,
  trust,
  expected,
}: Contact): Pick<ExportedContact, 'fingerprint' | 'fingerprint_from'> {
  if (identity !== undefined) {
    const source = trust === 'tofu' ? 'request' : 'link';
    return { fingerprint: fingerprintOf(identity), fingerprint_from: source };
  }
  return {
    fingerprint: expected?.fingerprint ?? null,
    fingerprint_from: expected?.source ?? null,
  };
}

function exportMessage(
  contact: Contact,
  message: StoredMessage,
  timeline: readonly MessageStep[],
): ExportedMessage {
  const { direction, s, wireTimestamp, timestamp, via } = message;
  const isUnread = direction === 'in' && s > contact.readUpTo;
  return {
    k: 'message',
    contact: contact.address,
    direction,
    id: message.id,
    from: message.from,
    to: message.to,
    message: message.text,
    timestamp: formatTimestamp(timestamp),
    ...(wireTimestamp === formatTimestamp(timestamp) ? {} : { wire_timestamp: wireTimestamp }),
    received: formatTimestamp(message.receivedAt),
    enctype: message.enctype === '' ? '' : 'dr1',
    ...(via === undefined ? {} : { via }),
    ...(isUnread ? { unread: true } : {}),
    steps: timeline.map(exportStep),
  };
}

function exportStep({ at, step, via, enctype, outcome }: MessageStep): ExportedStep {
  return {
    at: formatTimestamp(at),
    step,
    ...(via === undefined ? {} : { via }),
    ...(enctype === undefined ? {} : { enctype: enctype === '' ? '' : 'dr1' }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

function timeOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : formatTimestamp(ms);
}
