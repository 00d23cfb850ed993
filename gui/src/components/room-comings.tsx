import type { Comings } from '../stores/room-rows.ts';
import { namesText, personOf, type People } from '../text/room.ts';
import { useWords } from '../texts/use-words.ts';
import type { RowPlace } from './windowed-log.tsx';

/** Longer lists can be unfolded. */
const FOLDED_NAMES = 4;

type Props = Readonly<{
  comings: Comings;
  place: Pick<RowPlace, 'isTabStop' | 'isOpen' | 'onFocus' | 'onToggle'>;
  nameOfUser: (user: string) => string;
}>;

/** Who came and who went, in one line. */
export function RoomComings({ comings, place, nameOfUser }: Props) {
  const words = useWords();
  const { t, all } = words;
  const parts = (['came', 'left', 'passed', 'present'] as const).flatMap((kind) => {
    const names = (comings[kind] ?? []).map(nameOfUser);
    return names.length === 0 ? [] : [{ kind, names }];
  });
  const tell = (list: (names: readonly string[]) => string): string =>
    parts.map(({ kind, names }) => t(`room.comings.${kind}`, { names: list(names) })).join(' · ');
  const text = tell((names) => namesText(names, words));
  const isLong = parts.some(({ names }) => names.length > FOLDED_NAMES);
  return (
    <article
      class="room-comings"
      tabIndex={place.isTabStop ? 0 : -1}
      aria-label={text}
      onFocus={place.onFocus}
      onKeyDown={(press) => {
        if (isLong && press.key === 'Enter') place.onToggle();
      }}
    >
      {isLong && place.isOpen ? tell((names) => all(names)) : text}
      {isLong && (
        <button
          type="button"
          class="link-button"
          aria-expanded={place.isOpen}
          tabIndex={-1}
          onClick={place.onToggle}
        >
          {t(place.isOpen ? 'message.less' : 'room.comings.all')}
        </button>
      )}
    </article>
  );
}

/** What to call whoever came or went. */
export function nameOfUser(user: string, people: People): string {
  // A guest's name never looks like the user of a daemon.
  return personOf(user, 'contact', people).name;
}
