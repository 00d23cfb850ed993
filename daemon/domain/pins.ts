import { pinPeer, type PinnedPeer } from '../crypto/handshake.ts';
import type { Dh } from '../crypto/dh.ts';
import type { HopKeys } from '../crypto/hop-auth.ts';
import type { Identity } from '../crypto/identity.ts';
import type { Contacts } from './contacts.ts';
import type { Contact, ContactNumber, PeerIdentity } from './model.ts';
import { splitAddress } from '../wire/address.ts';
import { toPublicIdentity } from './peer-identity.ts';

type Dependencies = Readonly<{ contacts: Contacts; me: Identity; dh: Dh }>;

/** A contact, and the keys of the hop to it. */
export type KeyedContact = Readonly<{ contact: Contact; keys: HopKeys }>;

/** What our lasting keys and each contact's make; one public-key operation a contact, when it is first needed. */
export class Pins {
  readonly #deps: Dependencies;
  readonly #pinned = new Map<ContactNumber, Readonly<{ of: PeerIdentity; peer: PinnedPeer }>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** `undefined` for a contact without an identity. */
  of({ number, identity }: Contact): PinnedPeer | undefined {
    if (identity === undefined) return undefined;
    const known = this.#pinned.get(number);
    if (known?.of.id === identity.id && known.of.dh === identity.dh) return known.peer;
    const { me, dh } = this.#deps;
    const peer = pinPeer(me, toPublicIdentity(identity), dh);
    if (peer !== undefined) this.#pinned.set(number, { of: identity, peer });
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
    return contacts.flatMap((contact) => {
      const keys = this.keysOf(contact);
      return keys === undefined ? [] : [{ contact, keys }];
    });
  }
}
