import { encodeBase64url } from '../wire/base64url.ts';
import type { PinnedPeer } from '../crypto/handshake.ts';
import { withKey } from './access-keys.ts';
import type { Channels } from './channels.ts';
import type { Contacts } from './contacts.ts';
import type { Controls } from './controls.ts';
import type { DomainEvents } from './events.ts';
import type { Contact } from './model.ts';
import type { Outbox } from './outbox.ts';
import { toPeerIdentity } from './peer-identity.ts';
import type { Clock, MessageStore } from './ports.ts';

type Dependencies = Readonly<{
  contacts: Contacts;
  messages: Pick<MessageStore, 'lastSequence'>;
  outbox: Outbox;
  channels: Pick<Channels, 'isOpen'>;
  controls: Controls;
  events: DomainEvents;
  clock: Pick<Clock, 'nowMs'>;
  onDefect: (error: unknown) => void;
}>;

/** What a handshake that we answered says besides the keys. */
type Introduction = Readonly<{
  key: string;
  nick: string;
  /** It came with proof of an identity that was pinned before. */
  isProven: boolean;
}>;

type Bases = Pick<
  Contact,
  'sequenceBase' | 'countedSince' | 'peerSequenceBase' | 'peerCountedSince' | 'peerSequenceStart'
>;

/** Keeps who a contact is, once a handshake has shown it. Source: docs/encryption.md#identity, E4. */
export class Pinning {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    // It may have begun anew because it could not read the former one, and can't tell us so past a friend.
    deps.events.on('sessionReplaced', ({ contact }) => deps.outbox.unseal(contact));
    deps.events.on('identityReplaced', ({ contact }) => {
      deps.outbox.unseal(contact);
      this.#countAnew(contact).catch(deps.onDefect);
    });
    // The same person as before, who goes on counting.
    deps.events.on('rekeyed', ({ contact }) => deps.outbox.unseal(contact));
  }

  /**
   * A daemon that comes from a backup has no sessions, and gives numbers again that it gave since then. So whoever is met
   * without a session is told that we count anew, which harms nobody where it was for another reason.
   *
   * @throws {StorageError} Some may not be told: of what they lose they hear later.
   */
  async start(): Promise<void> {
    const { contacts, channels, controls, clock } = this.#deps;
    const met = contacts
      .list()
      .filter((contact) => contact.identity !== undefined && !channels.isOpen(contact));
    const change = { countedSince: clock.nowMs() };
    await Promise.all(met.map((contact) => contacts.update(contact, change)));
    for (const contact of met) controls.hello(contact);
  }

  /** We answered a contact's handshake: it has our access key, we have its. */
  async pinAnswered(contact: Contact, peer: PinnedPeer, introduction: Introduction): Promise<void> {
    const { key, nick, isProven } = introduction;
    const isFirst = contact.identity === undefined;
    await this.#pin(contact, peer, {
      state: 'established',
      nick: contact.nick === '' ? nick : contact.nick,
      // It may have forgotten us and our access key since we asked: it is told once more, under proof (E8b).
      ...(contact.state === 'requested' ? { isHandshakeDue: true } : {}),
      relayRefusedAt: undefined,
      // Who is pinned and comes without proof may be anybody who repeats what he heard.
      ...(isFirst || isProven || contact.key === undefined ? withKey(contact, key) : {}),
      ...(isProven ? { isKnownToPeer: true } : {}),
      // Whoever can prove itself to us, who do not know it, has met us before and goes on counting.
      ...(isFirst && isProven ? { peerSequenceStart: undefined } : {}),
    });
  }

  /** The contact answered a handshake of ours under keys that only it can have. */
  async pinFinished(contact: Contact, peer: PinnedPeer): Promise<void> {
    // It answers contacts alone: it has accepted us, even if its own handshake is still on its way.
    const change = { state: 'established', isKnownToPeer: true } as const;
    const pinned = await this.#pin(contact, peer, change);
    this.#deps.controls.hello(pinned);
  }

  /** Something unprotected came in the name of a contact that encrypts (E5). */
  async countRefused(contact: Contact): Promise<void> {
    this.#deps.contacts.touch(contact, { refusedPlain: contact.refusedPlain + 1 });
    this.#deps.events.emit('contact', { address: contact.address });
  }

  /** Whoever comes in a contact's place knows nothing of the numbers before. */
  async #countAnew(contact: Contact): Promise<void> {
    const bases = await this.#basesOf(contact);
    this.#deps.controls.hello(await this.#deps.contacts.update(contact, bases));
  }

  async #basesOf(contact: Contact): Promise<Bases> {
    const peerSequenceBase = this.#deps.messages.lastSequence(contact.number, 'in');
    return {
      sequenceBase: await this.#deps.outbox.sequenceBase(contact),
      countedSince: this.#deps.clock.nowMs(),
      peerSequenceBase,
      peerCountedSince: undefined,
      peerSequenceStart: peerSequenceBase + 1,
    };
  }

  async #pin(contact: Contact, peer: PinnedPeer, change: Partial<Contact>): Promise<Contact> {
    const knownAs = encodeBase64url(peer.own);
    if (contact.identity !== undefined) {
      return this.#deps.contacts.update(contact, { ...change, knownAs });
    }
    const { expected } = contact;
    const pinned = await this.#deps.contacts.update(contact, {
      ...(await this.#basesOf(contact)),
      ...change,
      knownAs,
      encryption: 'dr1',
      identity: toPeerIdentity(peer.identity),
      trust: expected?.source === 'link' ? 'invited' : 'tofu',
      // The token of a link is shown inside the channel; until then it is kept.
      expected: expected?.invitation === undefined ? undefined : expected,
      candidate: undefined,
    });
    // It may have known us before and not know that we count anew.
    this.#deps.controls.hello(pinned);
    this.#deps.events.emit('attemptDue', { contact: pinned });
    return pinned;
  }
}
