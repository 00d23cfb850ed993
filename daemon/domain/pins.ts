import { pinPeer, type PinnedPeer } from '../crypto/handshake.ts';
import type { Dh } from '../crypto/dh.ts';
import type { HopKeys } from '../crypto/hop-auth.ts';
import type { Identity } from '../crypto/identity.ts';
import { isEqualBytes } from '../crypto/bytes.ts';
import type { Contacts } from './contacts.ts';
import type { Contact, ContactNumber, PeerIdentity } from './model.ts';
import type { OwnIdentities } from './own-identities.ts';
import { splitAddress } from '../wire/address.ts';
import { toPublicIdentity } from './peer-identity.ts';

type Dependencies = Readonly<{
  contacts: Contacts;
  identities: Pick<OwnIdentities, 'for' | 'present' | 'isFormerFor'>;
  dh: Dh;
}>;

/** A contact, and the keys of the hop to it. */
export type KeyedContact = Readonly<{ contact: Contact; keys: HopKeys }>;

/** What our keys and a contact's make: of our present identity, and of a former one while the contact keeps that. */
type Pin = Readonly<{ of: PeerIdentity; peer: PinnedPeer }>;
const PINS_PER_CONTACT = 2;

/** What our lasting keys and each contact's make; one public-key operation a contact, when it is first needed. */
export class Pins {
  readonly #deps: Dependencies;
  readonly #pinned = new Map<ContactNumber, readonly Pin[]>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** `undefined` for a contact without an identity. */
  of(contact: Contact): PinnedPeer | undefined {
    return this.with(contact, this.#deps.identities.for(contact));
  }

  /** The same for the contact as it is now, however long ago it was looked up. */
  now({ number }: Contact): PinnedPeer | undefined {
    const contact = this.#deps.contacts.byNumber(number);
    return contact && this.of(contact);
  }

  /** The same for one identity of ours, whichever the contact keeps. */
  with({ number, identity }: Contact, me: Identity): PinnedPeer | undefined {
    if (identity === undefined) return undefined;
    const pins = this.#pinned.get(number) ?? [];
    const known = pins.find(
      ({ of, peer }) =>
        of.id === identity.id && of.dh === identity.dh && isEqualBytes(peer.own, me.fingerprint),
    );
    if (known !== undefined) return known.peer;
    const peer = pinPeer(me, toPublicIdentity(identity), this.#deps.dh);
    if (peer !== undefined) {
      const kept = [{ of: identity, peer }, ...pins].slice(0, PINS_PER_CONTACT);
      this.#pinned.set(number, kept);
    }
    return peer;
  }

  keysOf(contact: Contact): HopKeys | undefined {
    return this.of(contact)?.hop;
  }

  /** Who the first bytes of a digest of an access key of ours may mean. */
  byKeyHint(hint: Uint8Array): readonly KeyedContact[] {
    const contact = this.#deps.contacts.byKeyHint(hint);
    return contact === undefined ? [] : this.#withKeys([contact]);
  }

  /** Who may be calling from a host without a key of ours. */
  byHost(host: string): readonly KeyedContact[] {
    const contacts = this.#deps.contacts.list();
    return this.#withKeys(contacts.filter(({ address }) => splitAddress(address).host === host));
  }

  #withKeys(contacts: readonly Contact[]): readonly KeyedContact[] {
    return contacts.flatMap((contact) =>
      this.#identitiesFor(contact).flatMap((me) => {
        const peer = this.with(contact, me);
        return peer === undefined ? [] : [{ contact, keys: peer.hop }];
      }),
    );
  }

  /** Whoever may have heard of our present identity may prove itself to either. */
  #identitiesFor(contact: Contact): readonly Identity[] {
    const { identities } = this.#deps;
    const known = identities.for(contact);
    const isInDoubt = contact.isRekeyOffered && identities.isFormerFor(contact);
    return isInDoubt ? [known, identities.present] : [known];
  }
}
