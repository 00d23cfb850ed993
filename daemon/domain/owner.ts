import type { Address } from '../wire/address.ts';
import type { ApiListener, ApiNotice, ApiSettings, ApiStatus, OwnStatus } from '../wire/gui-api.ts';
import { encodeBase64url } from '../wire/base64url.ts';
import type { DomainEvents, Notice } from './events.ts';
import type { Contact } from './model.ts';
import type { Outbox } from './outbox.ts';
import type { OwnIdentities } from './own-identities.ts';
import type { PresenceBook } from './presence.ts';

/** Notices that are kept for the owner; older ones are in the log. */
const NOTICES_MAX = 20;

/** What the owner chose, on disk. */
export type OwnerChoices = Readonly<{ nick: string; status: OwnStatus; settings: ApiSettings }>;

/** What the owner wants otherwise. */
export type OwnerChange = Readonly<{
  nick?: string;
  status?: OwnStatus;
  settings?: Partial<ApiSettings>;
}>;

/** Keeps what the owner chose. */
export interface OwnerStore {
  readonly initial: OwnerChoices;
  /** @throws {StorageError} */
  save(choices: OwnerChoices): Promise<void>;
}

/** How the disk is, for those who show it. */
export type DiskState = Readonly<{
  state: 'ok' | 'full' | 'read_only';
  freeBytes: number | undefined;
  /** Confirmed messages that a power cut may take, in milliseconds before it; `undefined` when nobody knows. */
  lossWindowMs: number | undefined;
}>;

type Dependencies = Readonly<{
  store: OwnerStore;
  events: DomainEvents;
  version: string;
  identities: Pick<OwnIdentities, 'present' | 'for'>;
  keyOperations: () => number;
  addresses: () => readonly Address[];
  listeners: () => readonly ApiListener[];
  outbox: Outbox;
  presence: PresenceBook;
  disk: () => DiskState;
}>;

/** Whose daemon this is, and how it is. */
export class Owner {
  readonly #deps: Dependencies;
  readonly #notices: ApiNotice[] = [];
  #choices: OwnerChoices;
  #changing: Promise<void> = Promise.resolve();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#choices = deps.store.initial;
    deps.events.on('notice', (notice) => this.#keep(notice));
  }

  get nick(): string {
    return this.#choices.nick;
  }

  /** What the owner says of itself. */
  get ownStatus(): OwnStatus {
    return this.#choices.status;
  }

  get settings(): ApiSettings {
    return this.#choices.settings;
  }

  get version(): string {
    return this.#deps.version;
  }

  /** Ed25519 public key and fingerprint of who we are, base64url. */
  get identity(): Readonly<{ id: string; fingerprint: string }> {
    const { id, fingerprint } = this.#deps.identities.present;
    return { id: encodeBase64url(id), fingerprint: encodeBase64url(fingerprint) };
  }

  /** The fingerprint of ours that a contact keeps, base64url. */
  fingerprintFor(contact: Contact): string {
    return encodeBase64url(this.#deps.identities.for(contact).fingerprint);
  }

  /** Public-key operations since the daemon started. */
  get keyOperations(): number {
    return this.#deps.keyOperations();
  }

  get listeners(): readonly ApiListener[] {
    return this.#deps.listeners();
  }

  get addresses(): readonly Address[] {
    return this.#deps.addresses();
  }

  /** The best address that friends can use. */
  get address(): Address {
    const [best] = this.addresses;
    if (best === undefined) throw new Error('a daemon that is up has an address');
    return best;
  }

  /**
   * Changes the nick, the status or settings; durable when it resolves.
   *
   * @throws {StorageError}
   */
  async change(change: OwnerChange): Promise<void> {
    // One after the other: what is changed meanwhile is not in this change.
    const changed = this.#changing.then(() => this.#change(change));
    this.#changing = changed.catch(() => undefined);
    await changed;
  }

  status(): ApiStatus {
    const { outbox, presence, disk } = this.#deps;
    const { state, freeBytes, lossWindowMs } = disk();
    return {
      version: this.version,
      nick: this.nick,
      status: this.ownStatus,
      address: this.address,
      settings: this.settings,
      listeners: this.listeners,
      addresses: this.addresses,
      outbox: outbox.size,
      reachable: presence.reachable,
      disk: {
        state,
        free_bytes: freeBytes ?? null,
        loss_window_ms: lossWindowMs ?? null,
      },
      notices: this.#notices,
    };
  }

  async #change(change: OwnerChange): Promise<void> {
    const choices = {
      nick: change.nick ?? this.nick,
      status: change.status ?? this.ownStatus,
      settings: { ...this.settings, ...change.settings },
    };
    await this.#deps.store.save(choices);
    const isRenamed = choices.nick !== this.nick;
    const isOtherwise = choices.status !== this.ownStatus;
    this.#choices = choices;
    if (isRenamed) this.#deps.events.emit('renamed', undefined);
    if (isOtherwise) this.#deps.events.emit('ownStatus', undefined);
    this.#deps.events.emit('status', undefined);
  }

  #keep({ at, code, message }: Notice): void {
    this.#notices.push({ at: new Date(at).toISOString(), code, message });
    if (this.#notices.length > NOTICES_MAX) this.#notices.shift();
    this.#deps.events.emit('status', undefined);
  }
}
