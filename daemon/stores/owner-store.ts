import { join } from 'node:path';
import { openDocument, type Document } from '../../storage/document.ts';
import type { OnNotice } from '../../storage/notice.ts';
import type { OwnerChoices, OwnerStore } from '../domain/owner.ts';

type Settings = Readonly<Record<string, unknown>>;

type Options = Readonly<{
  folder: string;
  /** What counts now, wherever it was set. */
  initial: OwnerChoices;
  onNotice: OnNotice;
}>;

/**
 * Opens the settings that the owner changes in the browser. They lie in `config.json` beside the others, which are left
 * as they are.
 *
 * @throws {StorageError}
 */
export async function openOwnerStore({
  folder,
  initial,
  onNotice,
}: Options): Promise<FileOwnerStore> {
  const document = await openDocument<Settings>({
    path: join(folder, 'config.json'),
    bare: true,
    empty: {},
    decode: decodeSettings,
    onNotice,
  });
  return new FileOwnerStore(document, initial);
}

/** As `openOwnerStore` makes it. */
export class FileOwnerStore implements OwnerStore {
  readonly initial: OwnerChoices;
  readonly #document: Document<Settings>;

  constructor(document: Document<Settings>, initial: OwnerChoices) {
    this.#document = document;
    this.initial = initial;
  }

  async save({ nick, status, settings }: OwnerChoices): Promise<void> {
    // The owner may have edited the file meanwhile.
    await this.#document.read();
    const { theme, language, read_receipts: readReceipts } = settings;
    const { honour_deletion: honourDeletion, retention } = settings;
    const { data } = this.#document;
    this.#document.data = {
      ...withoutDotted(data),
      nick,
      status,
      gui: { ...partOf(data, 'gui'), theme, language, readReceipts },
      messages: { ...partOf(data, 'messages'), honourDeletion, retention },
    };
    await this.#document.write();
  }

  close(): Promise<void> {
    return this.#document.close();
  }
}

/** What the owner changes in the browser, by its dotted name. */
const CHANGED: ReadonlySet<string> = new Set([
  'gui.theme',
  'gui.language',
  'gui.readReceipts',
  'messages.honourDeletion',
  'messages.retention',
]);

/** A dotted name written out means the same as the nested one, and would be there twice. */
function withoutDotted(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !CHANGED.has(name)));
}

function partOf(settings: Settings, name: 'gui' | 'messages'): object {
  const part = settings[name];
  return typeof part === 'object' && part !== null ? part : {};
}

function decodeSettings(value: unknown): Settings {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError('not an object');
  }
  return Object.fromEntries(Object.entries(value));
}
