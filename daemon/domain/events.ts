import type { Address } from '../wire/address.ts';
import type { Contact, StoredMessage } from './model.ts';
import type { Room, RoomEvent, RoomUid } from './room-model.ts';

/** Something that the owner should know: damage found, a peer that misbehaves, a disk that fills up. */
export type Notice = Readonly<{ at: number; code: string; message: string }>;

/** Everything that happens, by name. */
export type EventMap = Readonly<{
  /** A contact or contact request was added or changed. */
  contact: Readonly<{ address: Address }>;
  /** Another identity took the place of the former one, or none: sessions with the former are void. */
  identityReplaced: Readonly<{ contact: Contact }>;
  /** What we write to a contact goes by a new session from now on; what was written before it may not be able to read. */
  sessionReplaced: Readonly<{ contact: Contact }>;
  /** A contact has another identity, or we have another one to it, and both sides know: sessions are void. */
  rekeyed: Readonly<{ contact: Contact }>;
  /** A contact that was away, or had not been heard of yet, gives a sign of life. */
  cameOnline: Readonly<{ contact: Contact }>;
  contactGone: Readonly<{ address: Address; contact: Contact | undefined }>;
  /** Something for this contact should be tried right now, back-off or not. */
  attemptDue: Readonly<{ contact: Contact }>;
  /** The owner wrote something to this contact; it is in the outbox. */
  written: Readonly<{ contact: Contact }>;
  /** Something that nobody wrote is owed to this contact: an acknowledgement, a greeting, a read mark. */
  owed: Readonly<{ contact: Contact }>;
  /** A message of ours will never be sent again: cancelled, expired or deleted before it arrived. */
  abandoned: Readonly<{ contact: Contact; message: StoredMessage }>;
  /** A contact is at another address from now on. */
  contactMoved: Readonly<{ contact: Contact; from: Address }>;
  /** We carry something for this contact. */
  carried: Readonly<{ contact: Contact }>;
  /** A message was stored or changed its state. */
  message: Readonly<{ contact: Contact; message: StoredMessage }>;
  messageGone: Readonly<{ contact: Contact; s: number; id: string }>;
  /** All messages up to a place were deleted here. */
  conversationCleared: Readonly<{ contact: Contact; upToS: number }>;
  /** The owner has read up to a place. */
  read: Readonly<{ contact: Contact; upToS: number }>;
  /** The last message, the unread count or the read mark of a conversation changed. */
  conversation: Readonly<{ address: Address }>;
  /** A room was made, or what it is, who is in it or what is unread changed. */
  room: Readonly<{ uid: RoomUid }>;
  /** A room of ours is closed from now on. */
  roomClosed: Readonly<{ room: Room }>;
  /** Events of a room have become durable; in order. */
  roomEvents: Readonly<{ room: Room; events: readonly RoomEvent[] }>;
  /** Something is to be told to the host of a room, or the room to be asked for. */
  mirrorDue: Readonly<{ host: Address }>;
  /** A room is not here any more. */
  roomGone: Readonly<{ room: Room }>;
  /** What we carry for others changed. */
  relay: undefined;
  /** The owner has another nick. */
  renamed: undefined;
  /** The owner says something else of its being here. */
  ownStatus: undefined;
  /** A contact may see more or less of our being here. */
  sharing: Readonly<{ contact: Contact }>;
  /** Something in the daemon's own state changed. */
  status: undefined;
  notice: Notice;
}>;

type Listener<Name extends keyof EventMap> = (event: EventMap[Name]) => void;

/** Tells whoever listens what happened, in order, at once. Listeners must not throw. */
export class DomainEvents {
  readonly #listeners = new Map<keyof EventMap, Set<(event: never) => void>>();

  /** Starts listening; the answer stops it. */
  on<Name extends keyof EventMap>(name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  emit<Name extends keyof EventMap>(name: Name, event: EventMap[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as Listener<Name>)(event);
  }
}
