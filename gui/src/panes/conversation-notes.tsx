/** What has to be said around a conversation. */
import type { ApiAskedDeletions, ApiContact, ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { App } from '../app-state.ts';
import { Icon } from '../components/icon.tsx';
import { MissingMessages } from '../components/missing-messages.tsx';
import { conversationPath } from '../router.ts';
import { missingAtEnd } from '../stores/log-rows.ts';
import type { MessageLog } from '../stores/message-log.ts';
import { changeOf, isHeld, protectionOf, trustMeaning } from '../text/trust.ts';
import { useWords } from '../texts/use-words.ts';

type HeadNotesProps = Readonly<{ contact: ApiContact; name: string; isMissing: boolean }>;

/** Below the head: they have not accepted yet, who they are is open, or the message asked for is not there. */
export function HeadNotes({ contact, name, isMissing }: HeadNotesProps) {
  const { t } = useWords();
  return (
    <>
      {contact.state === 'requested' && (
        <p class="talk-note" role="status">
          <b>{t('conversation.waitingTitle', { name })}</b> {t('conversation.waitingHint')}
        </p>
      )}
      {protectionOf(contact) === 'undecided' && (
        <p class="talk-note" role="status">
          {t(trustMeaning(contact), { name })}
        </p>
      )}
      <ChangeNote contact={contact} name={name} />
      {contact.other_info.refused_plain > 0 && (
        <p class="talk-note is-plain" role="status">
          {t('refused.note', { count: contact.other_info.refused_plain, name })}{' '}
          <a href={conversationPath(contact.address, true)}>{t('refused.see')}</a>
        </p>
      )}
      {isMissing && (
        <p class="talk-note" role="status">
          {t('conversation.noMessage')}{' '}
          <a href={conversationPath(contact.address)}>{t('conversation.toEnd')}</a>
        </p>
      )}
    </>
  );
}

/** Somebody came in the contact's place: loud, and with the way to decide. */
function ChangeNote({ contact, name }: Pick<HeadNotesProps, 'contact' | 'name'>) {
  const { t } = useWords();
  const change = changeOf(contact);
  if (change === undefined) return null;
  return (
    <div class="talk-note is-alarm" role="alert">
      <Icon name="alarm" />
      <p>
        <b>{t(`change.title.${change}`, { name })}</b>{' '}
        {isHeld(contact) && `${t('change.held', { name })} `}
        <a href={conversationPath(contact.address, true)}>{t('change.see')}</a>
      </p>
    </div>
  );
}

type MissingProps = Readonly<{ log: MessageLog; missing: number }>;

/** Below the newest message: more was written, and has not come. */
export function MissingNote({ log, missing }: MissingProps) {
  const isWhole = log.isLoaded.value && !log.hasOlder.value && !log.hasNewer.value;
  const count = isWhole ? missingAtEnd(log.messages.value, missing) : 0;
  if (count === 0) return null;
  return (
    <div class="missing-note" role="status">
      <MissingMessages count={count} />
    </div>
  );
}

type AskedProps = Readonly<{ asked: ApiAskedDeletions | undefined; name: string }>;

/** Above the field: the other side has not said yet whether it deleted something. */
export function AskedNote({ asked, name }: AskedProps) {
  const { t } = useWords();
  if (asked === undefined || asked.waiting === 0) return null;
  return (
    <p class="carry-hint" role="status">
      {t('deletion.asked.waiting', { count: asked.waiting, name })}
    </p>
  );
}

type CarryHintProps = Readonly<{
  app: App;
  contact: ApiContact;
  lastState: ApiMessage['state'] | undefined;
}>;

/** A message waits: who could carry it, or where to choose somebody. */
export function CarryHint({ app, contact, lastState }: CarryHintProps) {
  const { t, either } = useWords();
  if (lastState !== 'queued' || contact.state !== 'established' || contact.relay_plain) return null;
  const carriers = app.contacts.carriers.value.filter(({ address }) => address !== contact.address);
  if (carriers.length === 0 || contact.trust !== 'plain') return null;
  const names = either(carriers.slice(0, 3).map(({ address }) => app.contacts.nameOf(address)));
  return (
    <p class="carry-hint">
      {t('message.carry', { names })} ·{' '}
      <a href={conversationPath(contact.address, true)}>{t('message.carryHint')}</a>
    </p>
  );
}

export function BlockedNote({ app, contact }: Readonly<{ app: App; contact: ApiContact }>) {
  const { t } = useWords();
  const name = app.contacts.nameOf(contact.address);
  return (
    <div class="talk-note">
      <b>{t('conversation.blockedTitle', { name })}</b> {t('conversation.blockedHint')}
      <div class="actions">
        <button
          type="button"
          class="button"
          onClick={() => void app.attempt(app.api.judgeContact(contact.address, 'unblock'))}
        >
          {t('conversation.unblock')}
        </button>
      </div>
    </div>
  );
}
