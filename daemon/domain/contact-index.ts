import type { Address } from '../wire/address.ts';
import { encodeBase64url } from '../wire/base64url.ts';
import { accessKeyDigest, isEqualSecret } from '../crypto/digest.ts';
import { accessKeyHint } from '../crypto/hop-auth.ts';
import type { Contact, ContactNumber, PeerIdentity } from './model.ts';

/** Contacts as they are now, found by whatever somebody knows of them. */
export class ContactIndex {
  readonly #byNumber = new Map<ContactNumber, Contact>();
  readonly #byAddress = new Map<Address, ContactNumber>();
  readonly #byIssuedKey = new Map<string, ContactNumber>();
  readonly #byKeyHint = new Map<string, ContactNumber>();

  list(): readonly Contact[] {
    return [...this.#byNumber.values()];
  }

  byNumber(number: ContactNumber): Contact | undefined {
    return this.#byNumber.get(number);
  }

  byAddress(address: Address): Contact | undefined {
    return this.#of(this.#byAddress.get(address));
  }

  byIdentity({ id, dh }: PeerIdentity): Contact | undefined {
    return this.list().find(({ identity }) => identity?.id === id && identity.dh === dh);
  }

  byKeyHint(hint: Uint8Array): Contact | undefined {
    return this.#of(this.#byKeyHint.get(encodeBase64url(hint)));
  }

  byIssuedKey(key: string): Contact | undefined {
    const contact = this.#of(this.#byIssuedKey.get(accessKeyDigest(key)));
    return contact !== undefined && isEqualSecret(contact.issuedKey, key) ? contact : undefined;
  }

  /** Adds a contact, or replaces it as it was. */
  put(contact: Contact): void {
    const before = this.#byNumber.get(contact.number);
    this.#byNumber.set(contact.number, contact);
    if (before?.address !== contact.address) {
      if (before !== undefined) this.#byAddress.delete(before.address);
      this.#byAddress.set(contact.address, contact.number);
    }
    if (before?.issuedKey === contact.issuedKey) return;
    this.#byIssuedKey.set(accessKeyDigest(contact.issuedKey), contact.number);
    this.#byKeyHint.set(hintOf(contact), contact.number);
  }

  remove(contact: Contact): void {
    this.#byNumber.delete(contact.number);
    this.#byAddress.delete(contact.address);
    this.#byIssuedKey.delete(accessKeyDigest(contact.issuedKey));
    this.#byKeyHint.delete(hintOf(contact));
  }

  #of(number: ContactNumber | undefined): Contact | undefined {
    return number === undefined ? undefined : this.#byNumber.get(number);
  }
}

function hintOf({ issuedKey }: Contact): string {
  return encodeBase64url(accessKeyHint(issuedKey));
}
