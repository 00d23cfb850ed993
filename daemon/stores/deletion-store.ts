import { join } from 'node:path';
import { openDocument, type Document } from '../../storage/document.ts';
import type { OnNotice } from '../../storage/notice.ts';
import type { AskedContact, AskedDeletion, ClockReading, DeletionStore } from '../domain/ports.ts';
import { FieldReader } from './field-reader.ts';
import { isMembers } from './members.ts';

type StoredDeletions = Readonly<{ asked: readonly object[]; readings: readonly object[] }>;
type State = DeletionStore['initial'];

/**
 * Opens what deleting has to remember, in `deletions.json`: what contacts were asked to delete, and what the clock said.
 * An entry that makes no sense is passed by.
 *
 * @param folder The data folder.
 * @throws {StorageError}
 */
export async function openDeletionStore(
  folder: string,
  onNotice: OnNotice,
): Promise<FileDeletionStore> {
  const document = await openDocument<StoredDeletions>({
    path: join(folder, 'deletions.json'),
    bare: false,
    empty: { asked: [], readings: [] },
    decode: (value) => encodeState(decodeState(value)),
    onNotice,
  });
  return new FileDeletionStore(document);
}

/** As `openDeletionStore` makes it. */
export class FileDeletionStore implements DeletionStore {
  readonly initial: State;
  readonly #document: Document<StoredDeletions>;
  #state: State;

  constructor(document: Document<StoredDeletions>) {
    this.initial = decodeState(document.data);
    this.#state = this.initial;
    this.#document = document;
  }

  async saveAsked(asked: readonly AskedContact[]): Promise<void> {
    const before = this.#state.asked;
    try {
      await this.#save({ ...this.#state, asked });
    } catch (error) {
      // Whoever asked was refused: a later write of something else must not ask after all.
      if (this.#state.asked === asked) this.#state = { ...this.#state, asked: before };
      throw error;
    }
  }

  saveReadings(readings: readonly ClockReading[]): Promise<void> {
    return this.#save({ ...this.#state, readings });
  }

  /** Resolves when everything is on the disk. */
  close(): Promise<void> {
    return this.#document.close();
  }

  async #save(state: State): Promise<void> {
    this.#state = state;
    this.#document.data = encodeState(state);
    await this.#document.write();
  }
}

function decodeState(value: unknown): State {
  return {
    asked: listIn(value, 'asked', decodeAsked),
    readings: listIn(value, 'readings', decodeReading),
  };
}

function listIn<Entry>(
  value: unknown,
  name: string,
  decode: (reader: FieldReader) => Entry,
): readonly Entry[] {
  const list: unknown = isMembers(value) ? value[name] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: unknown) => {
    try {
      return [decode(new FieldReader(one))];
    } catch {
      // The reader throws for nothing but a value that is no such entry.
      return [];
    }
  });
}

function decodeAsked(entry: FieldReader): AskedContact {
  return {
    conversation: entry.count('n', 0),
    deleted: entry.count('deleted', 0),
    kept: entry.count('kept', 0),
    waiting: entry
      .list('waiting')
      .map((one): AskedDeletion => ({ id: one.text('id'), sequence: one.count('q', 0) })),
  };
}

function decodeReading(entry: FieldReader): ClockReading {
  return { ranMs: entry.count('ran', 0), wallMs: entry.count('wall', 0) };
}

function encodeState({ asked, readings }: State): StoredDeletions {
  return {
    asked: asked.map(({ conversation, waiting, deleted, kept }) => ({
      n: conversation,
      deleted,
      kept,
      waiting: waiting.map(({ id, sequence }) => ({ id, q: sequence })),
    })),
    readings: readings.map(({ ranMs, wallMs }) => ({
      ran: Math.round(ranMs),
      wall: Math.max(0, Math.round(wallMs)),
    })),
  };
}
