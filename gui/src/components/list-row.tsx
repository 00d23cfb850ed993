import type { ComponentChildren } from 'preact';
import type { PendingItem } from './pending-bubble.tsx';
import { previewText } from '../text/invitation.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';

/** More unread messages than this are not counted out. */
const COUNTED_UNREAD = 999;

type Props = Readonly<{
  href: string;
  isCurrent: boolean;
  /** Nothing comes from there any more. */
  isDimmed: boolean;
  face: ComponentChildren;
  /** Safe to be shown anywhere. */
  name: string;
  /** What kind of row it is, for who can't see the face. */
  kind?: string;
  /** Behind the name. */
  mark?: ComponentChildren;
  isMuted: boolean;
  time: string;
  unread: number;
  /** The line below the name. */
  preview: ComponentChildren;
  /** What else there is to say to who can't see the face. */
  said?: string;
}>;

/** A conversation or a room in the list. */
export function ListRow(props: Props) {
  const { href, isCurrent, isDimmed, face, name, kind, mark, isMuted, unread } = props;
  const { t } = useWords();
  return (
    <a
      class={isDimmed ? 'conversation is-dimmed' : 'conversation'}
      href={href}
      aria-current={isCurrent ? 'page' : undefined}
    >
      {face}
      <span class="conversation-name">
        {kind !== undefined && <span class="visually-hidden">{kind} </span>}
        <bdi>{name}</bdi>
        {mark}
        {isMuted && (
          <span class="conversation-muted" title={t('list.muted')}>
            <Icon name="muted" />
            <span class="visually-hidden">{t('list.muted')}</span>
          </span>
        )}
      </span>
      <span class="conversation-time">{props.time}</span>
      <span class="conversation-last">{props.preview}</span>
      {unread > 0 && (
        <span class={isMuted ? 'badge badge-muted' : 'badge'}>
          {unread > COUNTED_UNREAD ? `${COUNTED_UNREAD}+` : unread}
          <span class="visually-hidden"> {t('app.unread', { count: unread })}</span>
        </span>
      )}
      {props.said !== undefined && <span class="visually-hidden">{props.said}</span>}
    </a>
  );
}

type UnsentProps = Readonly<{
  draft: string;
  /** On its way to our daemon. */
  sending: PendingItem | undefined;
  /** What the line says when there is neither. */
  children: ComponentChildren;
}>;

/** The line below a name: what is being written or sent, before anything that was said. */
export function UnsentPreview({ draft, sending, children }: UnsentProps) {
  const words = useWords();
  const { t } = words;
  if (draft !== '') {
    return (
      <>
        <span class="conversation-draft">{t('list.draft')}</span> <bdi>{showName(draft)}</bdi>
      </>
    );
  }
  if (sending === undefined) return <>{children}</>;
  const isRefused = sending.refusal !== undefined;
  return (
    <>
      <span class={isRefused ? 'conversation-draft' : 'conversation-state'}>
        <Icon name={isRefused ? 'failed' : 'sending'} />
        <span class="visually-hidden">{t(isRefused ? 'list.notSent' : 'list.sending')}: </span>
      </span>
      <bdi>{showName(previewText(sending.message, words, 'out'))}</bdi>
    </>
  );
}
