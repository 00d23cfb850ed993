import { accessKeyDigest } from '../crypto/digest.ts';
import type { Contact } from './model.ts';

/** Keys of the past that are known again; a contact issues another one only when it begins anew with us. */
const RETIRED_KEYS_MAX = 16;

/** What becomes of a contact that gives us this access key. */
export function withKey(contact: Contact, key: string): Pick<Contact, 'key' | 'retiredKeys'> {
  const { key: former, retiredKeys } = contact;
  if (former === undefined || former === key) return { key, retiredKeys };
  return { key, retiredKeys: [accessKeyDigest(former), ...retiredKeys].slice(0, RETIRED_KEYS_MAX) };
}

/** Whether a contact gave us this access key before the one that it wants to see now. */
export function isRetiredKey({ key: current, retiredKeys }: Contact, key: string): boolean {
  return key !== current && retiredKeys.includes(accessKeyDigest(key));
}
