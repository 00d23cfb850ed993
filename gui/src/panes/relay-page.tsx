import { useEffect, useState } from 'preact/hooks';
import type { ApiRelayEntry } from '../../../daemon/wire/gui-api.ts';
import type { App } from '../app-state.ts';
import { RelayLedger } from '../components/relay-ledger.tsx';
import { useWords } from '../texts/use-words.ts';
import { PageFrame } from './page-frame.tsx';

/** What this daemon carries for others. */
export function RelayPage({ app }: Readonly<{ app: App }>) {
  const { t } = useWords();
  const [entries, setEntries] = useState<readonly ApiRelayEntry[]>();
  const [hasFailed, setFailed] = useState(false);
  const load = (): void => {
    setFailed(false);
    app.api.relay().then(setEntries, () => setFailed(true));
  };
  useEffect(load, []);

  return (
    <PageFrame title={t('relay.title')} backHref="/settings">
      <p>{t('relay.lead')}</p>
      {hasFailed && <p role="alert">{t('relay.failed')}</p>}
      {entries !== undefined && (
        <section class="card">
          <RelayLedger
            entries={entries}
            now={app.now.value}
            nameOf={app.contacts.nameOf}
            onDrop={(entry) => void app.attempt(app.api.dropRelay(entry)).then(load)}
          />
        </section>
      )}
    </PageFrame>
  );
}
