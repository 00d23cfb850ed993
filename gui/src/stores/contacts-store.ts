/** Contacts and contact requests, as the daemon has them. */
import { computed, signal } from '@preact/signals';
import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import { isContact } from '../answers.ts';
import { shortAddress } from '../text/address.ts';
import { showName } from '../text/visible.ts';
import type { TopicChange } from '../topic-frames.ts';
import { applyDictChange } from './dict-topic.ts';

export type ContactsStore = ReturnType<typeof createContactsStore>;

export function createContactsStore() {
  const byAddress = signal<ReadonlyMap<string, ApiContact>>(new Map());
  const isLoaded = signal(false);
  const all = computed(() => [...byAddress.value.values()]);

  return {
    byAddress,
    /** Whether the daemon has told us yet. */
    isLoaded,
    /** Those in the address book. */
    people: computed(() => all.value.filter(({ state }) => state !== 'request')),
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
      const nick = showName(byAddress.value.get(address)?.nick ?? '');
      return nick === '' ? shortAddress(address) : nick;
    },
    apply: (change: TopicChange): void => {
      byAddress.value = applyDictChange(byAddress.value, change, isContact);
      isLoaded.value = true;
    },
  };
}
