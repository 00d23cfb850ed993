import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiContact, ApiRelayEntry } from '../../../daemon/wire/gui-api.ts';
import type { App } from '../app-state.ts';
import { ContactDetails } from '../components/contact-details.tsx';
import type { TrustActions } from '../components/contact-trust.tsx';
import { Icon } from '../components/icon.tsx';
import { conversationPath } from '../router.ts';
import { canInviteTo } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import { useNarrow } from './use-narrow.ts';

/** The right side: all about the contact. On phones a page of its own. */
export function DetailsPane({ app, contact }: Readonly<{ app: App; contact: ApiContact }>) {
  const { t } = useWords();
  const { route } = useLocation();
  const { address } = contact;
  const [entries, setEntries] = useState<readonly ApiRelayEntry[]>([]);
  const name = app.contacts.nameOf(address);
  const isNarrow = useNarrow();
  const Frame = isNarrow ? 'main' : 'aside';

  const loadEntries = (): void => {
    // Without an answer there is nothing to show here; the ledger's own page says so.
    app.api.relay().then(setEntries, () => setEntries([]));
  };
  useEffect(loadEntries, [address]);

  return (
    <Frame class="info" aria-label={t('contact.title', { name })}>
      {isNarrow && <h1 class="visually-hidden">{t('contact.title', { name })}</h1>}
      <a
        class="round-button info-close"
        href={conversationPath(address)}
        aria-label={t('app.close')}
      >
        <Icon name="close" />
      </a>
      <ContactDetails
        contact={contact}
        name={name}
        carried={entries.filter(({ from, to }) => from === address || to === address)}
        missing={app.conversations.missing.value.get(address) ?? 0}
        asked={app.conversations.byAddress.value.get(address)?.asked}
        rooms={app.rooms.all.value.filter(canInviteTo)}
        own={app.me.me.value?.fingerprint}
        now={app.now.value}
        nameOf={app.contacts.nameOf}
        actions={{
          onPatch: (patch) => app.attempt(app.api.patchContact(address, patch)),
          onBlock: (isBlocked) =>
            void app.attempt(app.api.judgeContact(address, isBlocked ? 'block' : 'unblock')),
          onRemove: (withHistory) => {
            void app.attempt(app.api.removeContact(address, withHistory)).then((isGone) => {
              if (isGone) route('/');
            });
          },
          onInvite: (room) => app.attempt(app.api.rooms.invite(room, address)),
          onClear: () => void app.attempt(app.api.clearConversation(address)),
          onDropRelay: (entry) => void app.attempt(app.api.dropRelay(entry)).then(loadEntries),
          trust: trustActions(app, address),
        }}
      />
    </Frame>
  );
}

/** The owner's decisions about who a contact is. */
function trustActions({ api, attempt }: App, address: Address): TrustActions {
  return {
    loadSafetyNumber: (of) => api.safetyNumber(address, of),
    onVerify: (fingerprint) => attempt(api.verify(address, fingerprint)),
    onUnverify: () => attempt(api.unverify(address)),
    // Asked for once more before it comes here.
    onAcceptChange: () => void attempt(api.acceptContact(address, { confirmed: true })),
    onDismissChange: () => void attempt(api.judgeContact(address, 'dismiss')),
    onGoPlain: () => void attempt(api.goPlain(address)),
  };
}
