import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import { conversationPath } from '../router.ts';
import { presenceText } from '../text/presence.ts';
import { useWords } from '../texts/use-words.ts';
import { Avatar } from './avatar.tsx';
import { FindButton } from './find-button.tsx';
import { Icon } from './icon.tsx';
import { TrustPill } from './trust-pill.tsx';

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  hasDetails: boolean;
  /** Something is being looked for in the conversation. */
  isFinding: boolean;
  now: number;
  onFind: () => void;
}>;

/** With whom one talks, whether they are there, and how well that is protected. */
export function ConversationHeader(props: Props) {
  const { contact, name, hasDetails, isFinding, now, onFind } = props;
  const words = useWords();
  const { t } = words;
  const detailsHref = conversationPath(contact.address, true);
  return (
    <header class="talk-head">
      <a class="round-button only-narrow" href="/" aria-label={t('app.back')}>
        <Icon name="back" />
      </a>
      <a class="talk-who" href={detailsHref} title={t('conversation.details', { name })}>
        <Avatar name={name} address={contact.address} size="small" presence={contact.presence} />
        <span class="talk-words">
          <h1 class="talk-name">
            <bdi>{name}</bdi>
          </h1>
          <span class="talk-presence">{presenceText(contact, words, now)}</span>
        </span>
      </a>
      <TrustPill contact={contact} name={name} href={detailsHref} />
      <FindButton label={t('search.inConversation')} {...{ isFinding, onFind }} />
      <a
        class="round-button talk-about"
        href={conversationPath(contact.address, !hasDetails)}
        aria-label={
          hasDetails ? t('conversation.hideDetails') : t('conversation.details', { name })
        }
      >
        <Icon name="info" />
      </a>
    </header>
  );
}
