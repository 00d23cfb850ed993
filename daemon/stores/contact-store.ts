import { join } from 'node:path';
import { openDocument, type Document } from '../../storage/document.ts';
import type { OnNotice, StorageNotice } from '../../storage/notice.ts';
import { tryParseAddress, type Address } from '../wire/address.ts';
import type { Contact, ContactNumber } from '../domain/model.ts';
import type { ContactStore, MessageStore, Random } from '../domain/ports.ts';
import { decodeEntry, encodeEntry, type UnknownMembers } from './contact-entry.ts';
import { FieldError } from './field-reader.ts';
import { isMembers, type Members } from './members.ts';

const FILE_NAME = 'contacts.json';
/** Bytes of an access key that we issue. Source: docs/peer-protocol.md. */
const ISSUED_KEY_BYTES = 32;

export type ContactStoreOptions = Readonly<{
  /** The data folder. */
  folder: string;
  /** Knows which conversation an address had, for entries that a person added. Naming one again costs nothing. */
  messages: Pick<MessageStore, 'conversationOf' | 'nextConversation' | 'nameConversation'>;
  random: Random;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  onNotice: OnNotice;
}>;

/**
 * Opens the address book. People may edit it: entries with only the members of the source document are completed,
 * addresses in any spelling become canonical, an entry that can't be read stays in the file as it is; the owner is told
 * of all three.
 *
 * @throws {StorageError}
 */
export async function openContactStore(options: ContactStoreOptions): Promise<FileContactStore> {
  const document = await openDocument<Members>({
    path: join(options.folder, FILE_NAME),
    bare: true,
    empty: {},
    decode: decodeBook,
    onNotice: options.onNotice,
  });
  const reading = new BookReading(options);
  for (const [text, value] of Object.entries(document.data)) reading.add(text, value);
  for (const { number, address } of reading.contacts) {
    // Also when a person gave an entry another address.
    await options.messages.nameConversation(number, address);
  }
  const store = new FileContactStore(document, reading);
  // An access key that we issue must not be another one after the next start.
  if (reading.completed.length > 0) await store.save(reading.contacts);
  return store;
}

/** As `openContactStore` makes it. */
export class FileContactStore implements ContactStore {
  readonly initial: readonly Contact[];
  readonly #document: Document<Members>;
  readonly #unknown: ReadonlyMap<ContactNumber, UnknownMembers>;
  readonly #aside: readonly (readonly [string, unknown])[];

  constructor(document: Document<Members>, { contacts, unknown, aside }: BookReading) {
    this.initial = contacts;
    this.#document = document;
    this.#unknown = unknown;
    this.#aside = aside;
  }

  async save(contacts: readonly Contact[]): Promise<void> {
    const entries = contacts.map((contact): readonly [string, unknown] => [
      contact.address,
      encodeEntry(contact, this.#unknown.get(contact.number)),
    ]);
    const taken = new Set(entries.map(([address]) => address));
    const aside = this.#aside.map(([text, value]) => [freeName(text, taken), value] as const);
    // Not by assignment: a person may name an entry `__proto__`.
    this.#document.data = Object.fromEntries([...entries, ...aside]);
    await this.#document.write();
  }

  /** Resolves when everything is on the disk. */
  close(): Promise<void> {
    return this.#document.close();
  }
}

/** One pass over the entries of the file. */
class BookReading {
  readonly contacts: Contact[] = [];
  /** Contacts that got what was missing. */
  readonly completed: Contact[] = [];
  readonly unknown = new Map<ContactNumber, UnknownMembers>();
  /** Entries that can't be read, as they are. */
  readonly aside: (readonly [string, unknown])[] = [];
  readonly #options: ContactStoreOptions;
  readonly #numbers = new Set<ContactNumber>();
  readonly #addresses = new Set<Address>();

  constructor(options: ContactStoreOptions) {
    this.#options = options;
  }

  add(text: string, value: unknown): void {
    try {
      this.#read(text, value);
    } catch (cause) {
      if (!(cause instanceof FieldError)) throw cause;
      this.aside.push([text, value]);
      this.#tell(
        'entry_unreadable',
        `the entry ${quote(text)} ${cause.message}; it is left as it is`,
      );
    }
  }

  #read(text: string, value: unknown): void {
    const address = tryParseAddress(text);
    if (address === undefined) throw new FieldError('does not have an address as its name');
    if (this.#addresses.has(address)) throw new FieldError('is there twice');
    const decoded = decodeEntry(value, {
      address,
      number: () => this.#numberFor(address),
      issuedKey: () => this.#issueKey(),
      nowMs: this.#options.nowMs(),
    });
    const isCopy = this.#numbers.has(decoded.contact.number);
    const contact = isCopy
      ? { ...decoded.contact, number: this.#numberFor(address), issuedKey: this.#issueKey() }
      : decoded.contact;
    this.contacts.push(contact);
    this.#numbers.add(contact.number);
    this.#addresses.add(address);
    this.unknown.set(contact.number, decoded.unknown);
    if (!decoded.isCompleted && !isCopy) return;
    this.completed.push(contact);
    this.#tell('entry_completed', `the entry ${quote(text)} was completed`);
  }

  #numberFor(address: Address): ContactNumber {
    const { messages } = this.#options;
    const former = messages.conversationOf(address);
    if (former !== undefined && !this.#numbers.has(former)) return former;
    return Math.max(messages.nextConversation - 1, ...this.#numbers) + 1;
  }

  #issueKey(): string {
    return Buffer.from(this.#options.random.bytes(ISSUED_KEY_BYTES)).toString('base64url');
  }

  #tell(code: StorageNotice['code'], what: string): void {
    this.#options.onNotice({ code, message: `${FILE_NAME}: ${what}` });
  }
}

function decodeBook(value: unknown): Members {
  if (!isMembers(value)) throw new FieldError('is no object');
  return value;
}

function quote(text: string): string {
  return `"${text.slice(0, 60)}"`;
}

/** A name for an entry that is set aside, when its own belongs to a contact by now. */
function freeName(text: string, taken: ReadonlySet<string>): string {
  let name = text;
  while (taken.has(name)) name += ' (set aside)';
  return name;
}
