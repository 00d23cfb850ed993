import { useState } from 'preact/hooks';
import type { ApiRelayEntry } from '../../../daemon/wire/gui-api.ts';
import type { NameOf } from '../text/message.ts';
import { useWords } from '../texts/use-words.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

type Props = Readonly<{
  entries: readonly ApiRelayEntry[];
  now: number;
  nameOf: NameOf;
  /** Drops one line of it. */
  onDrop: (entry: ApiRelayEntry) => void;
}>;

/** What this daemon carries for others, and the way to be rid of it. */
export function RelayLedger({ entries, now, nameOf, onDrop }: Props) {
  const { t, time, bytes } = useWords();
  const [dropping, setDropping] = useState<ApiRelayEntry>();
  if (entries.length === 0) return <p class="hint">{t('relay.empty')}</p>;
  return (
    <>
      <ul class="ledger">
        {entries.map((entry) => (
          <li class="setting" key={`${entry.from} ${entry.to}`}>
            <div class="setting-text">
              {t('relay.line', {
                count: entry.messages,
                from: nameOf(entry.from),
                to: nameOf(entry.to),
              })}
              <p class="hint">
                {t('relay.more', {
                  size: bytes(entry.bytes),
                  when: time.ago(Date.parse(entry.oldest), now),
                })}
              </p>
            </div>
            <button type="button" class="button" onClick={() => setDropping(entry)}>
              {t('relay.drop')}
            </button>
          </li>
        ))}
      </ul>
      {dropping !== undefined && (
        <ConfirmDialog
          title={t('relay.dropTitle', { from: nameOf(dropping.from), to: nameOf(dropping.to) })}
          hint={t('relay.dropHint')}
          yes={t('relay.drop')}
          no={t('contact.cancel')}
          onYes={() => onDrop(dropping)}
          onClose={() => setDropping(undefined)}
        />
      )}
    </>
  );
}
