/** Who of the guests is there, and who wants to know. */
import { tryParseAddress } from '../wire/address.ts';
import type { PresenceStatus, TurntableFrame, TurntableId } from '../wire/turntable.ts';
import type { Contacts } from './contacts.ts';
import type { DomainEvents } from './events.ts';
import type { PresenceBook } from './presence.ts';
import { TurntableError, type TurntableClient } from './turntable-client.ts';

/** Ids that one connection may be subscribed to. */
export const CLIENT_MAX_SUBSCRIPTIONS = 5000;
const CONTACT_PREFIX = '0:';

type Guest = {
  readonly clients: Set<TurntableClient>;
  /** The token of the first connection that is still there; `undefined` where none is asked for. */
  token: string | undefined;
  status: 'online' | 'busy';
};

type Dependencies = Readonly<{
  contacts: Pick<Contacts, 'get'>;
  presence: Pick<PresenceBook, 'of'>;
  events: DomainEvents;
}>;

/**
 * Presence of guests, by their connections, and of the owner's contacts for those who may see it.
 *
 * A status belongs to a person, not to a connection: the last word counts, and it ends with the last connection.
 */
export class GuestPresence {
  readonly #deps: Dependencies;
  readonly #guests = new Map<TurntableId, Guest>();
  readonly #watchers = new Map<TurntableId, Set<TurntableClient>>();
  readonly #watched = new Map<TurntableClient, Set<TurntableId>>();
  /** What subscribers of a contact were told last. */
  readonly #told = new Map<TurntableId, PresenceStatus>();
  #stopListening: (() => void)[] = [];

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  start(): void {
    const { events } = this.#deps;
    const tell = ({ address }: { address: string }): void => this.#tellContact(address);
    this.#stopListening = [events.on('contact', tell), events.on('contactGone', tell)];
  }

  stop(): void {
    for (const stop of this.#stopListening) stop();
  }

  /**
   * A guest is here, with one connection more.
   *
   * @throws {TurntableError} `id_in_use`: somebody with another token is here under this id.
   */
  join(client: TurntableClient, token: string | undefined): void {
    const guest = this.#guests.get(client.id);
    if (guest !== undefined && guest.token !== token) {
      throw new TurntableError('id_in_use', 'somebody else is here under that id');
    }
    if (guest !== undefined) {
      guest.clients.add(client);
      return;
    }
    this.#guests.set(client.id, { clients: new Set([client]), token, status: 'online' });
    this.#tell(client.id, 'online');
  }

  /** A connection is gone, and with the last one the guest. */
  leave(client: TurntableClient): void {
    for (const id of this.#watched.get(client) ?? []) this.#unwatch(client, id);
    this.#watched.delete(client);
    const guest = this.#guests.get(client.id);
    if (guest?.clients.delete(client) !== true || guest.clients.size > 0) return;
    this.#guests.delete(client.id);
    this.#tell(client.id, 'offline');
  }

  setStatus(client: TurntableClient, status: 'online' | 'busy'): void {
    const guest = this.#guests.get(client.id);
    if (guest === undefined || guest.status === status) return;
    guest.status = status;
    this.#tell(client.id, status);
  }

  /**
   * Tells the client the status of these now, and whenever it changes.
   *
   * @throws {TurntableError} `limit`; none of them is added.
   */
  subscribe(client: TurntableClient, ids: readonly TurntableId[]): void {
    const watched = this.#watched.get(client) ?? new Set();
    const fresh = ids.filter((id) => !watched.has(id));
    if (watched.size + fresh.length > CLIENT_MAX_SUBSCRIPTIONS) {
      throw new TurntableError('limit', `at most ${CLIENT_MAX_SUBSCRIPTIONS} ids a connection`);
    }
    for (const id of fresh) this.#watch(client, id, watched);
    this.#watched.set(client, watched);
    const statuses = new Map(ids.map((id) => [id, this.#statusFor(client, id)]));
    client.receive({ command: 'userchange', statuses });
  }

  /** The connections of a guest; none when he is not here. */
  clientsOf(id: TurntableId): ReadonlySet<TurntableClient> {
    return this.#guests.get(id)?.clients ?? new Set();
  }

  #watch(client: TurntableClient, id: TurntableId, watched: Set<TurntableId>): void {
    watched.add(id);
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(client));
    if (isContactId(id) && !this.#told.has(id)) this.#told.set(id, this.#contactStatus(id));
  }

  #unwatch(client: TurntableClient, id: TurntableId): void {
    const watchers = this.#watchers.get(id);
    watchers?.delete(client);
    if (watchers?.size !== 0) return;
    this.#watchers.delete(id);
    this.#told.delete(id);
  }

  #statusFor(client: TurntableClient, id: TurntableId): PresenceStatus {
    if (!isContactId(id)) return this.#guests.get(id)?.status ?? 'offline';
    return client.rights.has('contacts') ? this.#contactStatus(id) : 'offline';
  }

  #contactStatus(id: TurntableId): PresenceStatus {
    const text = id.slice(CONTACT_PREFIX.length);
    const address = tryParseAddress(text);
    // Only the canonical form is an id: news are told under that one.
    const contact = address === text ? this.#deps.contacts.get(address) : undefined;
    return contact === undefined ? 'offline' : this.#deps.presence.of(contact).presence;
  }

  #tellContact(address: string): void {
    const id = CONTACT_PREFIX + address;
    const before = this.#told.get(id);
    if (before === undefined) return;
    const status = this.#contactStatus(id);
    if (status === before) return;
    this.#told.set(id, status);
    this.#tell(id, status);
  }

  #tell(id: TurntableId, status: PresenceStatus): void {
    const watchers = this.#watchers.get(id);
    if (watchers === undefined) return;
    const frame: TurntableFrame = { command: 'userchange', statuses: new Map([[id, status]]) };
    for (const watcher of watchers) {
      if (!isContactId(id) || watcher.rights.has('contacts')) watcher.receive(frame);
    }
  }
}

function isContactId(id: TurntableId): boolean {
  return id.startsWith(CONTACT_PREFIX);
}
