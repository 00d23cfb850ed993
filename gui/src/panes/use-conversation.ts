import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { RoomLink } from '../../../daemon/wire/room-link.ts';
import type { Typing } from '../../client/sequence-topic.ts';
import type { App } from '../app-state.ts';
import type { RowActions } from '../components/log-row-view.tsx';
import type { InvitationActions, InvitationState } from '../components/invitation-card.tsx';
import type { MessageActions } from '../components/message-card.tsx';
import type { FollowEdits } from '../components/use-shared-field.ts';
import { standingOf } from '../text/room.ts';

/** The state of one conversation, opened at its newest message or at one that was asked for. */
export function useConversation(app: App, address: Address, targetId: string | undefined) {
  const log = useMemo(() => app.logs.get(address), [address]);
  const draft = useMemo(() => app.drafts.of(address), [address]);
  const pending = useMemo(() => app.outbox.of(address), [address]);
  const followEdits = useMemo<FollowEdits>(
    () => (listener) => app.drafts.onEdits(address, listener),
    [address],
  );
  const isTypedElsewhere = useMemo(() => app.typing.isElsewhere(address), [address]);
  const [isMissing, setMissing] = useState(false);

  useEffect(() => app.typing.follow(address), [address]);

  useEffect(() => {
    setMissing(false);
    if (targetId === undefined) {
      if (!log.isLoaded.value || log.hasNewer.value) void log.openNewest();
    } else {
      void log.openAround(targetId).then((isThere) => setMissing(!isThere));
    }
  }, [log, targetId]);

  return {
    log,
    draft,
    pending,
    followEdits,
    /** The message asked for is not there. */
    isMissing,
    /** Another browser of the owner's is just writing here. */
    isTypedElsewhere,
    write: (text: string, typing?: Typing): void => {
      app.drafts.write(address, text, typing);
      app.typing.note(address, text);
    },
    send: (text: string): void => {
      // Whoever reads old messages wants to see the new one, too.
      if (log.hasNewer.value) void log.openNewest();
      app.outbox.add(address, text);
      app.drafts.write(address, '');
      app.typing.note(address, '');
    },
    remove: (messages: readonly ApiMessage[], isForBoth: boolean): void => {
      const ids = messages.map(({ id }) => id);
      void app.attempt(app.api.deleteMessages(address, ids, isForBoth)).then((isGone) => {
        if (isGone) for (const { s } of messages) log.drop(s);
      });
    },
  };
}

/** What can be done with the messages of a conversation. */
export function rowActions(
  app: App,
  address: Address,
  {
    onDelete,
    onChoose,
    onJoin,
    games,
  }: Pick<MessageActions, 'onDelete' | 'onChoose' | 'games'> & Pick<InvitationActions, 'onJoin'>,
): RowActions {
  const { api, outbox, drafts, attempt } = app;
  return {
    stored: {
      games,
      invitation: { stateOf: (invitation) => invitationState(app, invitation), onJoin },
      loadTimeline: async ({ id }) => (await api.message(address, id)).timeline,
      onRetry: ({ id }) => void attempt(api.retryMessage(address, id)),
      onCancel: ({ id }) => void attempt(api.cancelMessage(address, id)),
      onDelete,
      onChoose,
    },
    pending: {
      onResend: ({ id }) => outbox.retry(id),
      onDiscard: ({ id }) => outbox.discard(id),
      onEdit: ({ id, message }) => {
        const draft = drafts.texts.value.get(address) ?? '';
        drafts.write(address, [message, draft].filter(Boolean).join('\n'));
        outbox.discard(id);
      },
    },
  };
}

function invitationState(
  { contacts, me, people, rooms, status }: App,
  { address, name, uid }: RoomLink,
): InvitationState {
  const own = (status.status.value ?? me.me.value)?.addresses ?? [];
  const isOurs = own.includes(address);
  const room = rooms.all.value.find(
    (one) => one.uid === uid || (one.host === address && one.name === name),
  );
  // Where the owner is not any more, an invitation can bring him back.
  const isHere = room !== undefined && (isOurs || standingOf(room) !== 'out');
  return {
    host: isOurs ? undefined : contacts.nameOf(address),
    room: isHere ? room.room : undefined,
    isHostKnown: people.isContact(address),
  };
}
