import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiContact, ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { App } from '../app-state.ts';
import { Composer } from '../components/composer.tsx';
import { ConfirmDialog } from '../components/confirm-dialog.tsx';
import { ConversationHeader } from '../components/conversation-header.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { MessageList } from '../components/message-list.tsx';
import type { PendingActions } from '../components/pending-bubble.tsx';
import { conversationPath } from '../router.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  app: App;
  contact: ApiContact;
  targetId: string | undefined;
  hasDetails: boolean;
}>;

/** A conversation: who, what was said, and where to say more. Mounted anew for each contact. */
export function ConversationPane({ app, contact, targetId, hasDetails }: Props) {
  const { t } = useWords();
  const { address } = contact;
  const { nameOf } = app.contacts;
  const name = nameOf(address);
  const now = app.now.value;
  const log = useMemo(() => app.logs.get(address), [address]);
  const draft = useMemo(() => app.drafts.of(address), [address]);
  const pending = useMemo(() => app.outbox.of(address), [address]);
  const readUpTo = useReadUpToAtOpening(app, address);
  const onSeen = useMarkRead(app, address);
  const [isMissing, setMissing] = useState(false);
  const [deleting, setDeleting] = useState<ApiMessage>();

  useEffect(() => {
    setMissing(false);
    if (targetId === undefined) {
      if (!log.isLoaded.value || log.hasNewer.value) void log.openNewest();
    } else {
      void log.openAround(targetId).then((isThere) => setMissing(!isThere));
    }
  }, [log, targetId]);

  const pendingActions: PendingActions = {
    onResend: ({ id }) => app.outbox.retry(id),
    onDiscard: ({ id }) => app.outbox.discard(id),
    onEdit: ({ id, message }) => {
      app.outbox.discard(id);
      app.drafts.write(address, [message, draft.value].filter(Boolean).join('\n'));
    },
  };
  const isEmpty = log.isLoaded.value && log.messages.value.length + pending.value.length === 0;
  return (
    <main class="talk" id="main" tabIndex={-1}>
      <ConversationHeader contact={contact} name={name} hasDetails={hasDetails} now={now} />
      {contact.state === 'requested' && (
        <p class="talk-note" role="status">
          <b>{t('conversation.waitingTitle', { name })}</b> {t('conversation.waitingHint')}
        </p>
      )}
      {isMissing && (
        <p class="talk-note" role="status">
          {t('conversation.noMessage')}{' '}
          <a href={conversationPath(address)}>{t('conversation.toEnd')}</a>
        </p>
      )}
      {isEmpty && contact.state === 'established' ? (
        <EmptyState
          title={t('conversation.emptyTitle')}
          hint={t('conversation.emptyHint', { name })}
        />
      ) : (
        <MessageList
          {...{ log, name, readUpTo, targetId, now, nameOf, onSeen, pendingActions }}
          pending={pending.value}
          hasUnread={(app.conversations.unread.value.get(address) ?? 0) > 0}
          actions={{
            loadTimeline: async ({ id }) => (await app.api.message(address, id)).timeline,
            onRetry: ({ id }) => void app.attempt(app.api.retryMessage(address, id)),
            onCancel: ({ id }) => void app.attempt(app.api.cancelMessage(address, id)),
            onDelete: setDeleting,
          }}
        />
      )}
      <CarryHint app={app} contact={contact} lastState={log.messages.value.at(-1)?.state} />
      {contact.blocked ? (
        <BlockedNote app={app} contact={contact} />
      ) : (
        <Composer
          name={name}
          text={draft.value}
          isConnected={app.live.connection.value.state === 'connected'}
          onInput={(text) => app.drafts.write(address, text)}
          onSend={(text) => {
            if (log.hasNewer.value) void log.openNewest();
            app.outbox.add(address, text);
            app.drafts.write(address, '');
          }}
        />
      )}
      {deleting !== undefined && (
        <ConfirmDialog
          title={t('message.deleteTitle')}
          hint={t('message.deleteHint')}
          yes={t('message.delete')}
          no={t('contact.cancel')}
          onYes={() => {
            void app.attempt(app.api.deleteMessage(address, deleting.id)).then((isGone) => {
              if (isGone) log.drop(deleting.id);
            });
          }}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </main>
  );
}

type CarryHintProps = Readonly<{
  app: App;
  contact: ApiContact;
  lastState: ApiMessage['state'] | undefined;
}>;

/** A message waits: who could carry it, or where to choose somebody. */
function CarryHint({ app, contact, lastState }: CarryHintProps) {
  const { t, either } = useWords();
  if (lastState !== 'queued' || contact.state !== 'established' || contact.relay_plain) return null;
  const carriers = app.contacts.carriers.value.filter(({ address }) => address !== contact.address);
  if (carriers.length === 0 || contact.encryption !== '') return null;
  const names = either(carriers.slice(0, 3).map(({ address }) => app.contacts.nameOf(address)));
  return (
    <p class="carry-hint">
      {t('message.carry', { names })} ·{' '}
      <a href={conversationPath(contact.address, true)}>{t('message.carryHint')}</a>
    </p>
  );
}

function BlockedNote({ app, contact }: Readonly<{ app: App; contact: ApiContact }>) {
  const { t } = useWords();
  const name = app.contacts.nameOf(contact.address);
  return (
    <div class="talk-note">
      <b>{t('conversation.blockedTitle', { name })}</b> {t('conversation.blockedHint')}{' '}
      <button
        type="button"
        class="button"
        onClick={() => void app.attempt(app.api.judgeContact(contact.address, 'unblock'))}
      >
        {t('conversation.unblock')}
      </button>
    </div>
  );
}

/** Where the unread messages began when the conversation was opened; the divider stays there while one reads. */
function useReadUpToAtOpening(app: App, address: Address): number | undefined {
  const conversation = app.conversations.byAddress.value.get(address);
  const opened = useRef<number | undefined>(undefined);
  if (opened.current === undefined && conversation !== undefined) {
    opened.current = conversation.unread > 0 ? conversation.read_up_to : Infinity;
  }
  return opened.current;
}

/** Tells the daemon how far the owner has read, each place once. */
function useMarkRead(app: App, address: Address): (s: number) => void {
  const told = useRef(0);
  return useCallback(
    (s: number) => {
      const known = app.conversations.byAddress.peek().get(address);
      if (s <= told.current || known === undefined || known.unread === 0) return;
      told.current = s;
      app.api.markRead(address, s).catch(() => {
        // Not told, so it is told again with the next message or look.
        told.current = 0;
      });
    },
    [address],
  );
}
