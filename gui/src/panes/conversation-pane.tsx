import { useEffect, useState } from 'preact/hooks';
import type { ApiContact, ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { App } from '../app-state.ts';
import { ContactComposer } from '../components/contact-composer.tsx';
import { ConversationHeader } from '../components/conversation-header.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { DeleteDialog, fetchLateParts } from '../components/late-parts.tsx';
import { MessageList } from '../components/message-list.tsx';
import { PlayButton } from '../components/play-button.tsx';
import { SelectionBar } from '../components/selection-bar.tsx';
import { conversationPath, foundPath } from '../router.ts';
import { withGames } from '../stores/game-rows.ts';
import { isAway } from '../text/presence.ts';
import { useWords } from '../texts/use-words.ts';
import {
  AskedNote,
  BlockedNote,
  CarryHint,
  HeadNotes,
  MissingNote,
} from './conversation-notes.tsx';
import { FindInTalk } from './find-in-talk.tsx';
import { gamesHere } from './games-here.ts';
import { messageActions, useConversation } from './use-conversation.ts';
import { useJoinRoom } from './use-join-room.ts';
import { useSelection } from './use-selection.ts';
import { useMarkRead, useReadUpToAtOpening } from './use-read-marks.ts';

type Props = Readonly<{
  app: App;
  contact: ApiContact;
  targetId: string | undefined;
  hasDetails: boolean;
}>;

/** A conversation: who, what was said, and where to say more. Mounted anew for each contact. */
export function ConversationPane({ app, contact, targetId, hasDetails }: Props) {
  const words = useWords();
  const { t } = words;
  const { address } = contact;
  const { nameOf } = app.contacts;
  const name = nameOf(address);
  const now = app.now.value;
  const [deleting, setDeleting] = useState<readonly ApiMessage[]>();
  const { chosen, selection, begin, leave } = useSelection();
  const path = conversationPath(address);
  const isFinding = app.finding.value === path;
  const conversation = useConversation(app, address, targetId);
  const { log, pending, isMissing, writing, remove } = conversation;
  const known = app.conversations.byAddress.value.get(address);
  const readUpTo = useReadUpToAtOpening(known);
  const join = useJoinRoom(app);
  const games = gamesHere(app, {
    ...{ place: address, words },
    others: { nameOf: () => name, invited: name, isAway: isAway(contact) },
    send: (text) => app.outbox.add(address, text),
  });
  const onSeen = useMarkRead(known?.unread, (s) => app.api.markRead(address, s));
  useEffect(fetchLateParts, []);
  const isEmpty = log.isLoaded.value && log.messages.value.length + pending.length === 0;
  return (
    <main class="talk" id="main" tabIndex={-1}>
      <ConversationHeader
        {...{ contact, name, hasDetails, now }}
        isFinding={isFinding}
        onFind={() => (isFinding ? app.closeFind() : app.openFind(path))}
      />
      {isFinding && (
        <FindInTalk
          {...{ app, name }}
          within={{ address }}
          current={targetId === undefined ? undefined : foundPath({ address, id: targetId })}
        />
      )}
      <HeadNotes contact={contact} name={name} isMissing={isMissing} />
      {isEmpty && contact.state === 'established' ? (
        <EmptyState
          title={t('conversation.emptyTitle')}
          hint={t('conversation.emptyHint', { name })}
        />
      ) : (
        <MessageList
          {...{ log, name, pending, readUpTo, targetId, now, nameOf, onSeen }}
          isContactPlain={contact.trust === 'plain'}
          hasUnread={(app.conversations.unread.value.get(address) ?? 0) > 0}
          selection={selection}
          actions={{
            pending: conversation.pendingActions,
            stored: messageActions(app, address, {
              onDelete: (message) => setDeleting(withGames([message], log.messages.value)),
              onChoose: begin,
              onJoin: join,
              games,
            }),
          }}
        />
      )}
      <MissingNote log={log} missing={app.conversations.missing.value.get(address) ?? 0} />
      <AskedNote asked={app.conversations.byAddress.value.get(address)?.asked} name={name} />
      <CarryHint app={app} contact={contact} lastState={log.messages.value.at(-1)?.state} />
      {chosen !== undefined ? (
        <SelectionBar
          count={chosen.length}
          onDelete={() => setDeleting(withGames(chosen, log.messages.value))}
          onLeave={leave}
        />
      ) : contact.blocked ? (
        <BlockedNote app={app} contact={contact} />
      ) : (
        <ContactComposer
          {...{ contact, name, writing }}
          tools={
            contact.state === 'established' && (
              <PlayButton name={name} isForAll={false} onInvite={games.onAgain} />
            )
          }
        />
      )}
      {deleting !== undefined && (
        <DeleteDialog
          contact={contact}
          name={name}
          messages={deleting}
          onDelete={(isForBoth) => {
            remove(deleting, isForBoth);
            leave();
          }}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </main>
  );
}
