import { join } from 'node:path';
import { openDocument, type Document } from '../../storage/document.ts';
import type { OnNotice } from '../../storage/notice.ts';
import type { DraftStore } from '../domain/topic-drafts.ts';

type Drafts = Readonly<Record<string, string>>;

/**
 * Opens what the owner has begun to write, in `drafts.json`.
 *
 * @throws {StorageError}
 */
export async function openDraftStore(folder: string, onNotice: OnNotice): Promise<FileDraftStore> {
  const document = await openDocument<Drafts>({
    path: join(folder, 'drafts.json'),
    bare: false,
    empty: {},
    decode: decodeDrafts,
    onNotice,
  });
  return new FileDraftStore(document);
}

/** As `openDraftStore` makes it. */
export class FileDraftStore implements DraftStore {
  readonly initial: ReadonlyMap<string, string>;
  readonly #document: Document<Drafts>;

  constructor(document: Document<Drafts>) {
    this.#document = document;
    this.initial = new Map(Object.entries(document.data));
  }

  async save(drafts: ReadonlyMap<string, string>): Promise<void> {
    this.#document.data = Object.fromEntries(drafts);
    await this.#document.write();
  }

  close(): Promise<void> {
    return this.#document.close();
  }
}

function decodeDrafts(value: unknown): Drafts {
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}
