import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { ApiContact, ApiRelayEntry } from '../../../daemon/wire/gui-api.ts';
import type { App } from '../app-state.ts';
import { ContactDetails } from '../components/contact-details.tsx';
import { Icon } from '../components/icon.tsx';
import { conversationPath } from '../router.ts';
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
          onDropRelay: (entry) => void app.attempt(app.api.dropRelay(entry)).then(loadEntries),
          onAcceptKey: () => void app.attempt(app.api.acceptContact(address)),
          onDismissKey: () => void app.attempt(app.api.judgeContact(address, 'dismiss')),
        }}
      />
    </Frame>
  );
}
