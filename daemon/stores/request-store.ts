import { join } from 'node:path';
import { openDocument, type Document } from '../../storage/document.ts';
import type { OnNotice } from '../../storage/notice.ts';
import { parseAddress } from '../wire/address.ts';
import type { ContactRequest } from '../domain/model.ts';
import type { RequestStore } from '../domain/ports.ts';
import { decodeClaim } from './contact-entry.ts';
import { FieldReader, formatTime } from './field-reader.ts';

type StoredRequests = Readonly<{ requests: readonly object[] }>;

/**
 * Opens the parked contact requests, in `requests.json`.
 *
 * @param folder The data folder.
 * @throws {StorageError}
 */
export async function openRequestStore(
  folder: string,
  onNotice: OnNotice,
): Promise<FileRequestStore> {
  const document = await openDocument<StoredRequests>({
    path: join(folder, 'requests.json'),
    bare: false,
    empty: { requests: [] },
    decode: (value) => encodeRequests(decodeRequests(value)),
    onNotice,
  });
  return new FileRequestStore(document);
}

/** As `openRequestStore` makes it. */
export class FileRequestStore implements RequestStore {
  readonly initial: readonly ContactRequest[];
  readonly #document: Document<StoredRequests>;

  constructor(document: Document<StoredRequests>) {
    this.initial = decodeRequests(document.data);
    this.#document = document;
  }

  async save(requests: readonly ContactRequest[]): Promise<void> {
    this.#document.data = encodeRequests(requests);
    await this.#document.write();
  }

  /** Resolves when everything is on the disk. */
  close(): Promise<void> {
    return this.#document.close();
  }
}

function decodeRequests(value: unknown): readonly ContactRequest[] {
  return new FieldReader(value).list('requests').map((request) => ({
    address: parseAddress(request.text('address')),
    nick: request.text('nick'),
    key: request.text('key'),
    identity: request.has('identity') ? decodeClaim(request.object('identity')) : undefined,
    at: request.time('at') ?? 0,
    isDismissed: request.flag('dismissed'),
    isBlocked: request.flag('blocked'),
  }));
}

function encodeRequests(requests: readonly ContactRequest[]): StoredRequests {
  return {
    requests: requests.map(({ address, nick, key, identity, at, isDismissed, isBlocked }) => ({
      address,
      nick,
      key,
      identity,
      at: formatTime(at),
      dismissed: isDismissed,
      blocked: isBlocked,
    })),
  };
}
