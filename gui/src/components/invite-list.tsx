import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';

type Row = Readonly<{ key: string; name: string; face: ComponentChildren }>;

type Props = Readonly<{
  rows: readonly Row[];
  /** @returns Whether the invitation is on its way. */
  onInvite: (key: string) => Promise<boolean>;
  /** What is said when there is nothing to choose. */
  empty: string;
}>;

/** Friends to be invited, or rooms to be invited to, each with a button that says when it is done. */
export function InviteList({ rows, onInvite, empty }: Props) {
  const { t } = useWords();
  const [invited, setInvited] = useState<ReadonlySet<string>>(new Set());
  if (rows.length === 0) return <p class="hint">{empty}</p>;

  async function invite(key: string): Promise<void> {
    if (await onInvite(key)) setInvited((before) => new Set(before).add(key));
  }

  return (
    <ul class="room-people">
      {rows.map(({ key, name, face }) => (
        <li class="room-person" key={key}>
          {face}
          <span class="room-person-words">
            <bdi class="room-person-name">{name}</bdi>
          </span>
          <span role="status">
            {invited.has(key) && <span class="hint">✓ {t('room.invited')}</span>}
          </span>
          {!invited.has(key) && (
            <button
              type="button"
              class="button"
              aria-label={t('room.inviteOne', { name })}
              onClick={() => void invite(key)}
            >
              {t('room.inviteVerb')}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
