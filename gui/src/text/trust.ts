/** How well a conversation is protected, and what the contact's identity did. */
import { classifyAddress } from '../../../daemon/wire/address.ts';
import type { ApiContact, ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { TextName } from '../texts/language.ts';
import type { Words } from '../texts/words.ts';

/** `changed`: another identity came in the contact's place, and the owner has not decided yet (E4). */
export type Protection = 'verified' | 'encrypted' | 'plain' | 'undecided' | 'changed';

/** What protects a conversation now. A plain contact stays plain whatever comes in its place. */
export function protectionOf({ trust, other_info }: ApiContact): Protection {
  if (trust === 'plain') return 'plain';
  if (other_info.candidate !== null) return 'changed';
  return trust === 'tofu' || trust === 'invited' ? 'encrypted' : trust;
}

/** Whether nothing leaves for a contact until the owner has decided who it is (E4). */
export function isHeld(contact: ApiContact): boolean {
  return protectionOf(contact) === 'changed';
}

/** What protects a plain conversation all the same, in a few words. */
export function transitText({ address }: Pick<ApiContact, 'address'>, { t }: Words): string {
  const kind = classifyAddress(address);
  switch (kind) {
    case 'yggdrasil':
      return t('trust.transit', { network: 'Yggdrasil' });
    case 'cjdns':
      return t('trust.transit', { network: 'cjdns' });
    case 'loopback':
      return t('trust.local');
    default:
      return t('trust.open');
  }
}

/** Name of the sentences that say what a contact's trust means. */
export function trustMeaning(contact: ApiContact): TextName {
  const { trust, other_info } = contact;
  if (isHeld(contact)) return 'trust.means.changed';
  if (trust === 'undecided' && other_info.expected_fingerprint !== null) {
    return 'trust.means.expected';
  }
  return `trust.means.${trust}`;
}

/**
 * What came in a contact's place: another identity, one without encryption, another than the contact link named, or –
 * for a plain contact – another access key or an identity for the first time.
 */
export type IdentityChange = 'identity' | 'unencrypted' | 'unexpected' | 'key' | 'encrypts';

/** `undefined`: nobody came in its place. */
export function changeOf({ trust, other_info }: ApiContact): IdentityChange | undefined {
  const { candidate } = other_info;
  if (candidate === null) return undefined;
  if (trust === 'plain') return candidate.fingerprint === null ? 'key' : 'encrypts';
  if (candidate.fingerprint === null) return 'unencrypted';
  return trust === 'undecided' ? 'unexpected' : 'identity';
}

/**
 * Whether a message goes, went or came without end-to-end encryption. What has not left yet leaves as the contact
 * is then.
 */
export function isPlainMessage(
  { enctype, direction, state }: ApiMessage,
  isContactPlain: boolean,
): boolean {
  if (enctype !== '') return false;
  const hasLeft = direction === 'in' || (state !== 'queued' && state !== 'failed');
  return hasLeft || isContactPlain;
}
