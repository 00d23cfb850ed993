import { useState } from 'preact/hooks';
import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiRelayEntry } from '../../../daemon/wire/gui-api.ts';
import type { NameOf } from '../text/message.ts';
import { useWords } from '../texts/use-words.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

type Props = Readonly<{
  entries: readonly ApiRelayEntry[];
  now: number;
  nameOf: NameOf;
  /** Drops all that is carried for messages of this contact. */
  onDrop: (address: Address) => void;
}>;

/** What this daemon carries for others, and the way to be rid of it. */
export function RelayLedger({ entries, now, nameOf, onDrop }: Props) {
  const { t, time, bytes } = useWords();
  const [dropping, setDropping] = useState<Address>();
  if (entries.length === 0) return <p class="hint">{t('relay.empty')}</p>;
  return (
    <>
      <ul class="ledger">
        {entries.map(({ from, to, messages, bytes: sizeBytes, oldest }) => (
          <li class="setting" key={`${from} ${to}`}>
            <div class="setting-text">
              {t('relay.line', { count: messages, from: nameOf(from), to: nameOf(to) })}
              <p class="hint">
                {t('relay.more', {
                  size: bytes(sizeBytes),
                  when: time.relative(Math.min(Date.parse(oldest), now), now),
                })}
              </p>
            </div>
            <button type="button" class="button" onClick={() => setDropping(from)}>
              {t('relay.drop')}
            </button>
          </li>
        ))}
      </ul>
      {dropping !== undefined && (
        <ConfirmDialog
          title={t('relay.dropTitle', { name: nameOf(dropping) })}
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
