/** Who of the guests is there, and who wants to know. */
import { tryParseAddress } from '../wire/address.ts';
import type { UserNews } from '../wire/cluster.ts';
import type { PresenceStatus, TurntableFrame, TurntableId } from '../wire/turntable.ts';
import { isLater, type Cluster, type Standing } from './cluster.ts';
import type { Contacts } from './contacts.ts';
import type { DomainEvents } from './events.ts';
import type { Clock } from './ports.ts';
import type { PresenceBook } from './presence.ts';
import { TurntableError, type TurntableClient } from './turntable-client.ts';

/** Ids that one connection may be subscribed to. */
export const CLIENT_MAX_SUBSCRIPTIONS = 5000;
const CONTACT_PREFIX = '0:';

type Guest = { readonly clients: Set<TurntableClient>; standing: Standing };
/** Those who want to know of somebody, and what they were told last. */
type Watch = { readonly clients: Set<TurntableClient>; told: PresenceStatus };

type Dependencies = Readonly<{
  contacts: Pick<Contacts, 'get'>;
  presence: Pick<PresenceBook, 'of'>;
  events: DomainEvents;
  clock: Pick<Clock, 'nowMs'>;
  /** Guests of other servers; `undefined` where there are none. */
  cluster: Pick<Cluster, 'of' | 'tell'> | undefined;
}>;

/**
 * Presence of guests, by their connections here and at other servers of the cluster, and of the owner's contacts for
 * those who may see it.
 *
 * A status belongs to a person, not to a connection: the last word counts, and it ends with the last connection.
 */
export class GuestPresence {
  readonly #deps: Dependencies;
  readonly #guests = new Map<TurntableId, Guest>();
  readonly #watches = new Map<TurntableId, Watch>();
  readonly #watched = new Map<TurntableClient, Set<TurntableId>>();
  #stopListening: (() => void)[] = [];

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  start(): void {
    const { events } = this.#deps;
    const tell = ({ address }: { address: string }): void => this.#tell(CONTACT_PREFIX + address);
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
    const known = guest?.standing ?? this.#deps.cluster?.of(client.id);
    if (known !== undefined && known.token !== token) {
      throw new TurntableError('id_in_use', 'somebody else is here under that id');
    }
    if (guest !== undefined) {
      guest.clients.add(client);
      return;
    }
    const standing = known ?? { status: 'online', at: this.#deps.clock.nowMs(), token };
    this.#guests.set(client.id, { clients: new Set([client]), standing });
    this.#publish(client.id);
  }

  /** A connection is gone, and with the last one the guest. */
  leave(client: TurntableClient): void {
    for (const id of this.#watched.get(client) ?? []) this.#unwatch(client, id);
    this.#watched.delete(client);
    const guest = this.#guests.get(client.id);
    if (guest?.clients.delete(client) !== true || guest.clients.size > 0) return;
    this.#guests.delete(client.id);
    this.#publish(client.id);
  }

  setStatus(client: TurntableClient, status: 'online' | 'busy'): void {
    const guest = this.#guests.get(client.id);
    if (guest === undefined || guest.standing.status === status) return;
    const { at, token } = guest.standing;
    // Later than what it replaces, whatever the clock says.
    guest.standing = { status, at: Math.max(this.#deps.clock.nowMs(), at + 1), token };
    this.#publish(client.id);
  }

  /** Another server has said something of this guest. */
  heardOf(id: TurntableId): void {
    const guest = this.#guests.get(id);
    const other = this.#deps.cluster?.of(id);
    if (guest !== undefined && other !== undefined && isLater(other, guest.standing)) {
      const { status, at } = other;
      guest.standing = { status, at, token: guest.standing.token };
      this.#deps.cluster?.tell(newsOf(id, guest.standing));
    }
    this.#tell(id);
  }

  /** All guests who are connected here, as other servers hear of them. */
  everybodyHere(): readonly UserNews[] {
    return [...this.#guests].map(([id, { standing }]) => newsOf(id, standing));
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
    const watch = this.#watches.get(id);
    if (watch === undefined) {
      this.#watches.set(id, { clients: new Set([client]), told: this.#statusOf(id) });
    } else {
      // A contact's presence may have run out without a word; who comes now and who came before hear the same.
      this.#tell(id);
      watch.clients.add(client);
    }
  }

  #unwatch(client: TurntableClient, id: TurntableId): void {
    const watch = this.#watches.get(id);
    watch?.clients.delete(client);
    if (watch?.clients.size === 0) this.#watches.delete(id);
  }

  #statusFor(client: TurntableClient, id: TurntableId): PresenceStatus {
    return maySee(client, id) ? this.#statusOf(id) : 'offline';
  }

  #statusOf(id: TurntableId): PresenceStatus {
    if (isContactId(id)) return this.#contactStatus(id);
    const standing = this.#guests.get(id)?.standing ?? this.#deps.cluster?.of(id);
    return standing?.status ?? 'offline';
  }

  #contactStatus(id: TurntableId): PresenceStatus {
    const text = id.slice(CONTACT_PREFIX.length);
    const address = tryParseAddress(text);
    // Only the canonical form is an id: news are told under that one.
    const contact = address === text ? this.#deps.contacts.get(address) : undefined;
    return contact === undefined ? 'offline' : this.#deps.presence.of(contact).presence;
  }

  /** Tells the other servers, and whoever is here and wants to know. */
  #publish(id: TurntableId): void {
    this.#deps.cluster?.tell(newsOf(id, this.#guests.get(id)?.standing));
    this.#tell(id);
  }

  #tell(id: TurntableId): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    const status = this.#statusOf(id);
    if (status === watch.told) return;
    watch.told = status;
    const frame: TurntableFrame = { command: 'userchange', statuses: new Map([[id, status]]) };
    for (const client of watch.clients) if (maySee(client, id)) client.receive(frame);
  }
}

function newsOf(id: TurntableId, standing: Standing | undefined): UserNews {
  if (standing === undefined) return { id, status: 'offline', at: 0, token: null };
  const { status, at, token } = standing;
  return { id, status, at, token: token ?? null };
}

function maySee({ rights }: TurntableClient, id: TurntableId): boolean {
  return !isContactId(id) || rights.has('contacts');
}

function isContactId(id: TurntableId): boolean {
  return id.startsWith(CONTACT_PREFIX);
}
