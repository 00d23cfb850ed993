/** `vestnik check`: everything in a data folder looked at from beginning to end, and nothing changed (D5). */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkJournal, checkLog, type JournalFinding } from '../../storage/check-journal.ts';
import { inspectDocument, type DocumentVerdict } from '../../storage/document.ts';
import { readText } from '../../storage/durable-file.ts';
import { errnoOf, StorageError, toStorageError } from '../../storage/errors.ts';
import { holdUnwritten } from '../../storage/folder-lock.ts';
import { decodeMeta } from '../../storage/meta.ts';
import { listFiles } from '../../storage/staged-change.ts';
import { tryParseAddress, parseAddress } from '../wire/address.ts';
import { decodeEntry } from './contact-entry.ts';
import { inspectIdentity, type AskPassphrase } from './identity-file.ts';
import { isMembers } from './members.ts';
import { TOPICS_FILE } from './topic-store.ts';

/** Something that the owner should know of a file. */
export type CheckFinding = Readonly<{
  /** `damage`: something is lost, or the daemon would not start. `note`: no harm is done. */
  level: 'damage' | 'note';
  /** Path from the data folder. */
  file: string;
  /** A sentence, without the file's content. */
  message: string;
}>;

export type CheckReport = Readonly<{
  /** Nothing is damaged. */
  ok: boolean;
  /** Good records of the journals. */
  records: number;
  messages: number;
  contacts: number;
  /** Whether the identity was opened; one under a passphrase is only when that is known. */
  identity: 'opened' | 'sealed' | 'damaged' | 'missing';
  findings: readonly CheckFinding[];
}>;

export type CheckOptions = Readonly<{ folder: string; askPassphrase: AskPassphrase }>;

/** Documents, and whether they are bare. */
const DOCUMENTS: Readonly<Record<string, boolean>> = {
  'config.json': true,
  'contacts.json': true,
  'meta.json': true,
  'deletions.json': false,
  'invitations.json': false,
  'requests.json': false,
  'sessions.json': false,
  'drafts.json': false,
  'rooms.json': false,
};
const FOREIGN_ACCESS = 0o077;
/** With these open to others the daemon does not start, or should not. */
const MUST_BE_PRIVATE: readonly string[] = ['', 'identity.json', 'ratchet.log', 'api-token'];

/**
 * Checks a data folder on which no daemon runs.
 *
 * @throws {StorageError} `folder_in_use`, or `storage_failed` when there is no such folder or it can't be read.
 */
export async function checkFolder(options: CheckOptions): Promise<CheckReport> {
  const { folder } = options;
  await requireFolder(folder);
  const lock = await holdUnwritten(folder);
  try {
    return await new FolderCheck(options).run();
  } catch (cause) {
    throw toStorageError(cause, folder);
  } finally {
    await lock.release();
  }
}

async function requireFolder(folder: string): Promise<void> {
  const stats = await lstat(folder).catch((cause: unknown) => {
    if (errnoOf(cause) !== 'ENOENT') throw toStorageError(cause, folder);
  });
  if (stats?.isDirectory() === true) return;
  throw new StorageError('storage_failed', `there is no data folder at ${folder}`);
}

/** One pass over a folder. */
class FolderCheck {
  readonly #folder: string;
  readonly #askPassphrase: AskPassphrase;
  readonly #findings: CheckFinding[] = [];
  #messages = 0;
  #contacts = 0;
  #knowsFriends = false;

  constructor({ folder, askPassphrase }: CheckOptions) {
    this.#folder = folder;
    this.#askPassphrase = askPassphrase;
  }

  async run(): Promise<CheckReport> {
    await this.#checkAccess();
    for (const [name, isBare] of Object.entries(DOCUMENTS)) await this.#checkDocument(name, isBare);
    await this.#checkContacts();
    const history = await this.#checkJournal('history', (record) => this.#count(record));
    const relay = await this.#checkJournal('relay');
    await this.#checkSessions();
    await this.#checkTopics();
    return {
      identity: await this.#checkIdentity(),
      ok: !this.#findings.some(({ level }) => level === 'damage'),
      records: history.records + relay.records,
      messages: this.#messages,
      contacts: this.#contacts,
      findings: this.#findings,
    };
  }

  /** What others may read, and links, which lead who knows where (G25). */
  async #checkAccess(): Promise<void> {
    const names = (await listFiles(this.#folder)).filter((name) => !name.startsWith('quarantine'));
    for (const name of ['', 'history', 'relay', ...names]) {
      const stats = await lstat(join(this.#folder, name)).catch(() => undefined);
      if (stats === undefined) continue;
      if (stats.isSymbolicLink()) this.#tell('damage', name, 'is a symbolic link');
      else if (process.platform !== 'win32' && (stats.mode & FOREIGN_ACCESS) !== 0) {
        const mode = stats.isDirectory() ? '700' : '600';
        const level = MUST_BE_PRIVATE.includes(name) ? 'damage' : 'note';
        this.#tell(level, name, `can be read or entered by other users; chmod ${mode}`);
      }
    }
  }

  async #checkDocument(name: string, bare: boolean): Promise<void> {
    const decode = name === 'meta.json' ? (value: unknown) => decodeMeta(value) : requireMembers;
    const look = (path: string): Promise<DocumentVerdict> =>
      inspectDocument({ path, bare, decode }).catch(() => 'damaged' as const);
    const verdict = await look(join(this.#folder, name));
    const hasCopy = (await look(join(this.#folder, `${name}.bak`))) === 'good';
    const sentence = describeVerdict(verdict, hasCopy);
    if (sentence !== undefined)
      this.#tell(verdict === 'edited' ? 'note' : 'damage', name, sentence);
  }

  async #checkContacts(): Promise<void> {
    const text = await readText(join(this.#folder, 'contacts.json')).catch(() => undefined);
    const book = text === undefined ? undefined : parse(text);
    if (!isMembers(book)) return;
    const entries = Object.entries(book);
    this.#contacts = entries.length;
    for (const [address, value] of entries) this.#checkEntry(address, value);
  }

  #checkEntry(name: string, value: unknown): void {
    try {
      const address = parseAddress(name);
      const defaults = { address, number: () => 0, issuedKey: () => '', nowMs: 0 };
      const { contact } = decodeEntry(value, defaults);
      if (contact.identity !== undefined) this.#knowsFriends = true;
    } catch (cause) {
      const which = tryParseAddress(name) === undefined ? 'an entry' : `the entry ${name}`;
      const why = cause instanceof Error ? cause.message : 'makes no sense';
      this.#tell('damage', 'contacts.json', `${which} can’t be read: ${why}`);
    }
  }

  async #checkJournal(name: string, onRecord?: (record: unknown) => void) {
    const report = await checkJournal(join(this.#folder, name), onRecord);
    for (const finding of report.findings) {
      const sentence = describe(finding);
      if (sentence === undefined) continue;
      const level = finding.kind === 'torn_tail' ? 'note' : 'damage';
      this.#tell(level, `${name}/${finding.segment}`, sentence);
    }
    return report;
  }

  /** What can't be read there costs a new session and nothing else. */
  async #checkSessions(): Promise<void> {
    const { findings } = await checkLog(join(this.#folder, 'ratchet.log'));
    for (const finding of findings) {
      this.#tell('note', 'ratchet.log', describe(finding) ?? '');
    }
  }

  /** What can't be read there is lost; the topics concerned have an older value. */
  async #checkTopics(): Promise<void> {
    const { findings } = await checkLog(join(this.#folder, TOPICS_FILE));
    for (const finding of findings) {
      const level = finding.kind === 'torn_tail' ? 'note' : 'damage';
      this.#tell(level, TOPICS_FILE, describe(finding) ?? '');
    }
  }

  async #checkIdentity(): Promise<CheckReport['identity']> {
    const state = await inspectIdentity(this.#folder, this.#askPassphrase);
    switch (state) {
      case 'missing':
        if (this.#knowsFriends)
          this.#tell('damage', 'identity.json', 'is missing, though contacts know it');
        break;
      case 'damaged':
        this.#tell('damage', 'identity.json', 'is not as it was written; put back a copy of it');
        break;
      case 'wrong_passphrase':
        this.#tell('note', 'identity.json', 'does not open with the passphrase that was given');
        return 'sealed';
      case 'opened':
      case 'sealed':
        break;
    }
    return state;
  }

  #count(record: unknown): void {
    if (isMembers(record) && record['k'] === 'msg') this.#messages += 1;
  }

  #tell(level: CheckFinding['level'], file: string, message: string): void {
    this.#findings.push({ level, file: file === '' ? '.' : file, message });
  }
}

/** `undefined` when nothing is lost: it was written again elsewhere. */
function describe({ kind, offset, sizeBytes, records }: JournalFinding): string | undefined {
  const lines = records === 1 ? '1 record' : `${records} records`;
  switch (kind) {
    case 'damaged':
      return `${lines} damaged (${sizeBytes} bytes at ${offset})`;
    case 'torn_tail':
      return `a write at the end was cut off (${sizeBytes} bytes at ${offset}); the next start removes it`;
    case 'missing':
      return `${lines} missing before byte ${offset}`;
    case 'superseded':
      return undefined;
  }
}

/** `undefined` when there is nothing to say. */
function describeVerdict(verdict: DocumentVerdict, hasCopy: boolean): string | undefined {
  switch (verdict) {
    case 'good':
      return undefined;
    case 'edited':
      return 'is not as it was written; it can be read';
    case 'too_new':
      return 'was written by a newer version of this program';
    case 'damaged':
      return `can’t be read; ${hasCopy ? 'its copy can' : 'nor can a copy'}`;
    case 'absent':
      return hasCopy ? 'is missing; its copy can be read' : undefined;
  }
}

function requireMembers(value: unknown): unknown {
  if (!isMembers(value)) throw new TypeError('not an object');
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told already, as a damaged document.
    return undefined;
  }
}
