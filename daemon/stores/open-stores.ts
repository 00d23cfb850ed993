/** Everything that a data folder holds, opened in the order in which it must be, closed in reverse. */
import { join } from 'node:path';
import { DiskSpace, giveUpReserve } from '../../storage/disk-space.ts';
import { isNoSpace } from '../../storage/errors.ts';
import { lockFolder, type FolderLock } from '../../storage/folder-lock.ts';
import { openFolder } from '../../storage/folder.ts';
import type { JournalState } from '../../storage/journal-writer.ts';
import { dropFormerFormat, openFormat, type Formats } from '../../storage/migrate.ts';
import type { StorageNotice } from '../../storage/notice.ts';
import { openSecretFile } from '../../storage/secret-file.ts';
import type { DiskState, OwnerChoices } from '../domain/owner.ts';
import type { Clock, Random } from '../domain/ports.ts';
import { openContactStore, type FileContactStore } from './contact-store.ts';
import { openDeletionStore, type FileDeletionStore } from './deletion-store.ts';
import { openDraftStore, type FileDraftStore } from './draft-store.ts';
import {
  IdentityFile,
  openIdentityFile,
  noPassphrase,
  type AskPassphrase,
  type OpenedIdentity,
} from './identity-file.ts';
import { openInvitationStore, type FileInvitationStore } from './invitation-store.ts';
import { openLoginStore, type FileLoginStore } from './login-store.ts';
import { openMessageStore, type JournalMessageStore } from './message-store.ts';
import { openOwnerStore, type FileOwnerStore } from './owner-store.ts';
import { openRelayStore, type JournalRelayStore } from './relay-store.ts';
import { openRequestStore, type FileRequestStore } from './request-store.ts';
import { removeSpooled } from './spool.ts';
import { RoomEventIndex } from './room-event-index.ts';
import { openRoomStore, type FileRoomStore } from './room-store.ts';
import { openSessionStore, type LogSessionStore } from './session-store.ts';
import { openTopicStore, type LogTopicStore } from './topic-store.ts';
import { JournalWordIndex } from './word-index.ts';

/** Names of which one at least lies in a data folder that is not new. */
export const OWN_NAMES = [
  'meta.json',
  'config.json',
  'contacts.json',
  'history',
  'lock',
  'identity.json',
] as const;
const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

export type StoresOptions = Readonly<{
  folder: string;
  journal: Readonly<{ fsync: 'always' | 'interval' | 'never'; intervalMs: number }>;
  /** Where the passphrase comes from; nobody knows one unless given. */
  askPassphrase?: AskPassphrase;
  /** What the owner chose, wherever it was set. */
  choices: OwnerChoices;
  clock: Clock;
  random: Random;
  onNotice: (notice: StorageNotice) => void;
  /** Called when there is room again or none any more. */
  onDiskChange: () => void;
  /** Tests bring others. */
  formats?: Formats;
}>;

/** All stores of a daemon. */
export interface Stores {
  readonly contacts: FileContactStore;
  readonly requests: FileRequestStore;
  readonly rooms: FileRoomStore;
  readonly messages: JournalMessageStore;
  readonly words: JournalWordIndex;
  readonly relay: JournalRelayStore;
  readonly owner: FileOwnerStore;
  readonly login: FileLoginStore;
  readonly drafts: FileDraftStore;
  /** Durable topics of guests. */
  readonly topics: LogTopicStore;
  readonly sessions: LogSessionStore;
  readonly invitations: FileInvitationStore;
  readonly deletions: FileDeletionStore;
  /** Who we are. */
  readonly identity: IdentityFile;
  /** Token of the owner's programs. */
  readonly apiToken: string;
  diskState(): DiskState;
  /** Whether there is room for what is not ours (D7). */
  hasRoomForOthers(): boolean;
  /** Writes what is to be written and gives the folder free. */
  close(): Promise<void>;
}

/**
 * Opens a data folder; a new one is made.
 *
 * @throws {StorageError} `folder_in_use`, `folder_unsafe`, `format_too_new`, `storage_failed`, and those of
 *   `openIdentityFile`; nothing is left open.
 */
export async function openStores(options: StoresOptions): Promise<Stores> {
  await openFolder(options.folder, OWN_NAMES);
  const lock = await lockWithRoom(options.folder);
  const closings: (() => Promise<void> | void)[] = [() => lock.release()];
  const close = (): Promise<void> => closeAll(closings);
  try {
    return { ...(await openAll(options, closings)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Takes the folder; when not even the lock finds room, the reserve is given up for it. */
async function lockWithRoom(folder: string): Promise<FolderLock> {
  try {
    return await lockFolder(folder);
  } catch (error) {
    if (!isNoSpace(error) || !(await giveUpReserve(folder))) throw error;
    return lockFolder(folder);
  }
}

async function openAll(
  options: StoresOptions,
  closings: (() => Promise<void> | void)[],
): Promise<Omit<Stores, 'close'>> {
  const { folder, clock, random, onNotice, onDiskChange } = options;
  const keep: Keep = (opening) => {
    // Of what can't be opened whoever waits for it hears.
    const opened = opening.catch(() => undefined);
    closings.push(async () => (await opened)?.close());
    return opening;
  };
  const format = await openFormat(folder, onNotice, options.formats);
  await removeSpooled(folder);
  const space = new DiskSpace({ folder, onLevel: onDiskChange });
  await space.start();
  closings.push(() => space.stop());

  const onState = (state: JournalState): void => {
    // A write found no room: no need to wait for the next look to refuse all others.
    if (state === 'full') void space.look();
    onDiskChange();
  };
  const journal = { ...options.journal, onState };
  const nowMs = (): number => clock.nowMs();
  const small = openSmall(options, journal, keep);
  // Nobody hears of it where the history can't be opened either, but it comes to an end.
  const end = small.then(ignoreResult, ignoreResult);
  closings.push(() => end);
  const roomEvents = new RoomEventIndex(randomSeed(random));
  const messages = await keep(
    openMessageStore({
      journal: { ...journal, folder: join(folder, 'history') },
      level: () => space.level,
      rooms: roomEvents,
      onNotice,
      upkeep: { clock, delayMs: upkeepDelayMs(options.journal), restMs: restMs(options.journal) },
    }),
  );
  const words = new JournalWordIndex({
    segments: () => messages.segments(),
    isThere: ({ s, in: place }) =>
      typeof place === 'number'
        ? messages.stateOf(s) !== undefined
        : roomEvents.has(place.room, place.seqnr, s),
    hasRoom: () => space.level === 'ok' && messages.state === 'ok',
  });
  closings.push(() => words.close());
  const isHistoryEmpty = messages.lastS === 0;
  const contacts = await keep(openContactStore({ folder, messages, random, nowMs, onNotice }));
  if (isHistoryEmpty && contacts.initial.some(({ readUpTo }) => readUpTo > 0)) {
    onNotice({
      code: 'journal_missing',
      message: 'history is empty, though messages were read once',
    });
  }
  const opened = await openIdentity(options, contacts);
  const identity = new IdentityFile({ folder, random }, opened);
  closings.push(() => identity.close());
  const { sealKey } = opened;
  const stores = {
    ...{ messages, words, contacts, identity },
    ...(await small),
    sessions: await keep(openSessionStore({ ...options, ...options.journal, sealKey })),
    rooms: await keep(openRoomStore({ folder, records: messages, index: roomEvents, onNotice })),
    diskState: (): DiskState => ({
      state: space.level === 'full' && messages.state === 'ok' ? 'full' : messages.state,
      freeBytes: space.freeBytes,
      lossWindowMs: lossWindowMs(options.journal),
    }),
    hasRoomForOthers: (): boolean => space.level === 'ok' && messages.state === 'ok',
  };
  await dropFormerFormat(folder, format);
  return stores;
}

/** Has a store closed in the end, once it is open. */
type Keep = <Store extends { close(): Promise<void> }>(opening: Promise<Store>) => Promise<Store>;

/** What knows nothing of other stores: the disk reads it while the history is looked through. */
async function openSmall(
  options: StoresOptions,
  journal: StoresOptions['journal'] & Readonly<{ onState: (state: JournalState) => void }>,
  keep: Keep,
) {
  const { folder, clock, random, onNotice } = options;
  const relayJournal = { ...journal, folder: join(folder, 'relay') };
  const nowMs = (): number => clock.nowMs();
  const [invitations, deletions, relay, requests, login, drafts, topics, owner, apiToken] =
    await Promise.all([
      keep(openInvitationStore(folder, onNotice)),
      keep(openDeletionStore(folder, onNotice)),
      keep(openRelayStore({ journal: relayJournal, nowMs, onNotice })),
      keep(openRequestStore(folder, onNotice)),
      keep(openLoginStore(folder, onNotice)),
      keep(openDraftStore(folder, onNotice)),
      keep(openTopicStore({ ...options, ...options.journal })),
      keep(openOwnerStore({ folder, initial: options.choices, onNotice })),
      openSecretFile(
        join(folder, 'api-token'),
        () => Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url'),
        (text) => TOKEN.test(text),
      ),
    ]);
  return { invitations, deletions, relay, requests, login, drafts, topics, owner, apiToken };
}

/** How long deleted messages stay in the files, at least. Source: docs/storage.md#what-deleting-means. */
function upkeepDelayMs({ fsync }: StoresOptions['journal']): number {
  // Flash memory is spared by doing much at once.
  return fsync === 'always' ? 60_000 : 60 * 60_000;
}

/** Source: docs/storage.md#indexes. */
function restMs({ fsync }: StoresOptions['journal']): number | undefined {
  return fsync === 'always' ? 60_000 : undefined;
}

/** Source: docs/storage.md#promises-and-their-limits. */
function lossWindowMs({ fsync, intervalMs }: StoresOptions['journal']): number | undefined {
  switch (fsync) {
    case 'always':
      return 0;
    case 'interval':
      return intervalMs;
    case 'never':
      return undefined;
  }
}

function randomSeed(random: Random): number {
  return Buffer.from(random.bytes(4)).readInt32LE();
}

/** Contacts that have an identity know ours, too. */
function openIdentity(
  { folder, random, askPassphrase = noPassphrase, onNotice }: StoresOptions,
  contacts: FileContactStore,
): Promise<OpenedIdentity> {
  return openIdentityFile({
    folder,
    random,
    askPassphrase,
    isExpected: contacts.initial.some(({ identity }) => identity !== undefined),
    onNotice,
  });
}

/** One that fails keeps none of the others from closing. */
async function closeAll(closings: (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closings.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some files were not closed cleanly');
}

function ignoreResult(): void {
  // Whoever waits for it has its result.
}
