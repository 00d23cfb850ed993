import type { ApiFound, ApiFoundInRoom, ApiFoundMessage } from '../../../daemon/wire/gui-api.ts';
import { foundPath } from '../router.ts';
import type { SearchStore } from '../stores/search-store.ts';
import { excerptOf } from '../text/excerpt.ts';
import { previewText } from '../text/invitation.ts';
import { placeAt, type NameOf } from '../text/message.ts';
import { personOf, type People } from '../text/room.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  search: SearchStore;
  now: number;
  nameOf: NameOf;
  people: People;
  /** Everything is from one conversation or room: which it is need not be said. */
  isOneTalk: boolean;
  /** Path of the message that is open. */
  current: string | undefined;
}>;

/** Messages that were found; each leads to its place in its conversation or room. */
export function FoundList({ search, now, nameOf, people, isOneTalk, current }: Props) {
  const { t } = useWords();
  const found = search.found.value;
  const phase = search.phase.value;
  return (
    <div class="found-list" aria-busy={phase === 'searching'}>
      <p class={found.length > 0 ? 'visually-hidden' : 'found-state'} role="status">
        {stateOf(found.length, phase, t)}
      </p>
      <ul>
        {found.map((one) => (
          <li key={one.s}>
            {'room' in one ? (
              <SaidItem {...{ one, now, people, isOneTalk, current }} />
            ) : (
              <MessageItem {...{ one, now, nameOf, isOneTalk, current }} />
            )}
          </li>
        ))}
      </ul>
      {phase === 'failed' && (
        <button type="button" class="button button-quiet" onClick={search.loadMore}>
          {t('conversation.tryAgain')}
        </button>
      )}
      {phase === 'done' && search.hasMore.value && (
        <button type="button" class="button button-quiet" onClick={search.loadMore}>
          {t('search.more')}
        </button>
      )}
    </div>
  );
}

function stateOf(
  count: number,
  phase: SearchStore['phase']['value'],
  t: ReturnType<typeof useWords>['t'],
): string {
  switch (phase) {
    case 'idle':
      return '';
    case 'searching':
      return t('search.searching');
    case 'failed':
      return t('search.failed');
    case 'done':
      return count === 0 ? t('search.nothing') : t('search.found', { count });
  }
}

type MessageProps = Pick<Props, 'now' | 'nameOf' | 'isOneTalk' | 'current'> &
  Readonly<{ one: ApiFoundMessage }>;

function MessageItem({ one, now, nameOf, isOneTalk, current }: MessageProps) {
  const { t } = useWords();
  const author = one.direction === 'out' ? t('message.you') : nameOf(one.from);
  const isNamed = !isOneTalk && one.direction === 'out';
  return (
    <FoundItem
      {...{ one, now, current }}
      at={placeAt(one)}
      title={isOneTalk ? author : nameOf(one.address)}
      author={isNamed ? author : undefined}
    />
  );
}

/** What was said in a room; who said it is not told by the room's name. */
function SaidItem({
  one,
  now,
  people,
  isOneTalk,
  current,
}: Pick<Props, 'now' | 'people' | 'isOneTalk' | 'current'> & Readonly<{ one: ApiFoundInRoom }>) {
  const { t } = useWords();
  const { room, origin, from } = one;
  const author = origin === 'owner' ? t('message.you') : personOf(from, origin, people).name;
  return (
    <FoundItem
      {...{ one, now, current }}
      at={Date.parse(one.timestamp)}
      title={isOneTalk ? author : showName(room)}
      author={isOneTalk ? undefined : author}
    />
  );
}

type ItemProps = Pick<Props, 'now' | 'current'> &
  Readonly<{
    one: ApiFound;
    at: number;
    title: string;
    /** Said before the text, where the title does not say it. */
    author: string | undefined;
  }>;

function FoundItem({ one, at, now, title, author, current }: ItemProps) {
  const { time } = useWords();
  const path = foundPath(one);
  return (
    <a class="found" href={path} aria-current={path === current ? 'true' : undefined}>
      <span class="found-who">
        <bdi>{title}</bdi>
      </span>
      <time class="found-time" dateTime={new Date(at).toISOString()} title={time.full(at)}>
        {time.brief(at, now)}
      </time>
      <span class="found-text">
        {author !== undefined && (
          <span class="found-author">
            <bdi>{author}</bdi>:{' '}
          </span>
        )}
        <bdi>
          <Said one={one} />
        </bdi>
      </span>
    </a>
  );
}

/** The stretch around what was found; of a message that is for programs what it says, in words. */
function Said({ one }: Readonly<{ one: ApiFound }>) {
  const words = useWords();
  const said = previewText(one.message, words, 'room' in one ? undefined : one.direction);
  if (said !== one.message) return <>{showName(said)}</>;
  return (
    <>
      {excerptOf(one).map(({ text, isMarked }, index) =>
        isMarked ? <mark key={index}>{text}</mark> : text,
      )}
    </>
  );
}
