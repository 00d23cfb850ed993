import type { ApiFound } from '../../../daemon/wire/gui-api.ts';
import { foundPath } from '../router.ts';
import type { SearchStore } from '../stores/search-store.ts';
import { excerptOf } from '../text/excerpt.ts';
import { previewText } from '../text/invitation.ts';
import { placeAt, type NameOf } from '../text/message.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  search: SearchStore;
  now: number;
  nameOf: NameOf;
  /** Everything is from one conversation: whose it is need not be said. */
  isOneConversation: boolean;
  /** The message that is open. */
  currentId: string | undefined;
}>;

/** Messages that were found; each leads to its place in its conversation. */
export function FoundList({ search, now, nameOf, isOneConversation, currentId }: Props) {
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
            <FoundItem
              {...{ one, now, nameOf, isOneConversation }}
              isCurrent={one.id === currentId}
            />
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

type ItemProps = Pick<Props, 'now' | 'nameOf' | 'isOneConversation'> &
  Readonly<{ one: ApiFound; isCurrent: boolean }>;

function FoundItem({ one, now, nameOf, isOneConversation, isCurrent }: ItemProps) {
  const { t, time } = useWords();
  const at = placeAt(one);
  const author = one.direction === 'out' ? t('message.you') : nameOf(one.from);
  return (
    <a class="found" href={foundPath(one)} aria-current={isCurrent ? 'true' : undefined}>
      <span class="found-who">
        <bdi>{isOneConversation ? author : nameOf(one.address)}</bdi>
      </span>
      <time class="found-time" dateTime={new Date(at).toISOString()} title={time.full(at)}>
        {time.brief(at, now)}
      </time>
      <span class="found-text">
        {!isOneConversation && one.direction === 'out' && (
          <span class="found-author">{author}: </span>
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
  const said = previewText(one.message, words, one.direction);
  if (said !== one.message) return <>{showName(said)}</>;
  return (
    <>
      {excerptOf(one).map(({ text, isMarked }, index) =>
        isMarked ? <mark key={index}>{text}</mark> : text,
      )}
    </>
  );
}
