import { useId, useState } from 'preact/hooks';
import { roomPath } from '../router.ts';
import { judgeRoom, type RoomSurroundings, type RoomVerdict } from '../text/room-title.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import type { NameOf } from '../text/message.ts';

/** A link whose name is all escapes. */
const ROOM_TITLE_MAX_LENGTH = 1200;

type Props = Readonly<{
  surroundings: RoomSurroundings;
  nameOf: NameOf;
  /** What is in the field at first. */
  initial: string;
  onJoin: (room: string, invite: string) => void;
}>;

/** Joins a room by `name@address` or by a room link; says while one types what it is that one types. */
export function JoinRoom({ surroundings, nameOf, initial, onJoin }: Props) {
  const { t } = useWords();
  const id = useId();
  const [typed, setTyped] = useState(initial);
  const [invite, setInvite] = useState('');
  const verdict = judgeRoom(typed, surroundings);
  const isGood = verdict.state === 'good' || verdict.state === 'own';
  // A link brings its invite along.
  const asksInvite = verdict.state === 'good' && !verdict.isLink;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isGood) onJoin(typed.trim(), asksInvite ? invite.trim() : '');
      }}
    >
      <label class="label" for={id}>
        {t('room.page.joinLabel')}
      </label>
      <input
        class="field field-address"
        id={id}
        value={typed}
        maxLength={ROOM_TITLE_MAX_LENGTH}
        placeholder="tea@fc92:44d1::7b04"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        aria-describedby={`${id}-verdict`}
        aria-invalid={verdict.state !== 'empty' && !isGood}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <p class={isGood ? 'verdict verdict-good' : 'verdict'} id={`${id}-verdict`} role="status">
        <Verdict verdict={verdict} nameOf={nameOf} />
      </p>
      {asksInvite && (
        <>
          <label class="label" for={`${id}-invite`}>
            {t('room.page.invite')}
          </label>
          <input
            class="field field-address"
            id={`${id}-invite`}
            value={invite}
            maxLength={64}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            onInput={(event) => setInvite(event.currentTarget.value)}
          />
          <p class="hint">{t('room.page.next')}</p>
        </>
      )}
      <div class="actions">
        <button type="submit" class="button button-go" disabled={!isGood}>
          {t('room.page.joinSubmit')}
        </button>
      </div>
    </form>
  );
}

function Verdict({ verdict, nameOf }: Readonly<{ verdict: RoomVerdict; nameOf: NameOf }>) {
  const { t } = useWords();
  switch (verdict.state) {
    case 'empty':
      return null;
    case 'bad':
      return <>{t('room.page.bad')}</>;
    case 'bad_link':
      return <>{t('room.page.badLink')}</>;
    case 'no_own':
      return <>{t('room.page.noOwn')}</>;
    case 'stranger':
      return (
        <>
          {t('room.page.stranger')}{' '}
          <a href={`/add?address=${encodeURIComponent(verdict.host)}`}>
            {t('room.invitation.addHost')}
          </a>
        </>
      );
    case 'known':
      return (
        <>
          {t('room.page.known')} <a href={roomPath(verdict.title)}>{t('room.page.open')}</a>
        </>
      );
    case 'own':
      return <>✓ {t('room.page.goodOwn', { name: showName(verdict.name) })}</>;
    case 'good': {
      const { name, host } = verdict;
      return <>✓ {t('room.page.good', { name, host: nameOf(host) })}</>;
    }
  }
}
