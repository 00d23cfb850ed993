/** Contacts and contact requests, as the daemon has them. */
import { computed, signal } from '@preact/signals';
import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import { isContact } from '../answers.ts';
import { shortAddress } from '../text/address.ts';
import { showName } from '../text/visible.ts';
import type { TopicChange } from '../../client/topic-frames.ts';
import { applyDictChange } from './dict-topic.ts';

export type ContactsStore = ReturnType<typeof createContactsStore>;

export function createContactsStore() {
  const byAddress = signal<ReadonlyMap<string, ApiContact>>(new Map());
  const isLoaded = signal(false);
  const all = computed(() => [...byAddress.value.values()]);
  const people = computed(() => all.value.filter(({ state }) => state !== 'request'));
  /** Who was where. Only of those who have proven who they are, not of what requests claim. */
  const identityAt = new Map<string, string>();

  /** Where the contact is that was at an address: it may have moved since. */
  function placeOf(address: Address): Address {
    if (byAddress.value.has(address)) return address;
    const id = identityAt.get(address);
    if (id === undefined) return address;
    return people.value.find((contact) => contact.id === id)?.address ?? address;
  }

  return {
    byAddress,
    /** Whether the daemon has told us yet. */
    isLoaded,
    /** Those in the address book. */
    people,
    /** Those who want to be, the newest first. */
    requests: computed(() =>
      all.value
        .filter(({ state, blocked }) => state === 'request' && !blocked)
        .sort((a, b) => b.other_info.since.localeCompare(a.other_info.since)),
    ),
    /** Friends who may carry messages for us. */
    carriers: computed(() =>
      all.value.filter(
        ({ state, can_resend, blocked }) => state === 'established' && can_resend === 1 && !blocked,
      ),
    ),
    /** What to call the peer at an address; safe to be shown anywhere (G9). */
    nameOf: (address: Address): string => {
      const nick = showName(byAddress.value.get(placeOf(address))?.nick ?? '');
      return nick === '' ? shortAddress(address) : nick;
    },
    placeOf,
    apply: (change: TopicChange): void => {
      byAddress.value = applyDictChange(byAddress.value, change, isContact);
      for (const { address, id, encryption } of people.value) {
        if (id !== null && encryption !== '') identityAt.set(address, id);
      }
      isLoaded.value = true;
    },
  };
}
