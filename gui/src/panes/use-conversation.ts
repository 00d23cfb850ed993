import { useMemo } from 'preact/hooks';
import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { RoomLink } from '../../../daemon/wire/room-link.ts';
import type { App } from '../app-state.ts';
import type { InvitationActions, InvitationState } from '../components/invitation-card.tsx';
import type { MessageActions } from '../components/message-card.tsx';
import { standingOf } from '../text/room.ts';
import { useTalk } from './use-talk.ts';

/** The state of one conversation, opened at its newest message or at one that was asked for. */
export function useConversation(app: App, address: Address, targetId: string | undefined) {
  const log = useMemo(() => app.logs.get(address), [address]);
  const talk = useTalk(app, {
    ...{ place: address, draft: address, outbox: app.outbox },
    ...{ log, target: targetId },
  });
  return {
    ...talk,
    log,
    remove: (messages: readonly ApiMessage[], isForBoth: boolean): void => {
      const ids = messages.map(({ id }) => id);
      void app.attempt(app.api.deleteMessages(address, ids, isForBoth)).then((isGone) => {
        if (isGone) for (const { s } of messages) log.drop(s);
      });
    },
  };
}

/** What the pane itself does with a message. */
type PaneActions = Pick<MessageActions, 'onDelete' | 'onChoose' | 'games'> &
  Pick<InvitationActions, 'onJoin'>;

/** What can be done with the messages of a conversation that our daemon has. */
export function messageActions(
  app: App,
  address: Address,
  { onJoin, ...actions }: PaneActions,
): MessageActions {
  const { api, attempt } = app;
  return {
    ...actions,
    invitation: { stateOf: (invitation) => invitationState(app, invitation), onJoin },
    loadTimeline: async ({ id }) => (await api.message(address, id)).timeline,
    onRetry: ({ id }) => void attempt(api.retryMessage(address, id)),
    onCancel: ({ id }) => void attempt(api.cancelMessage(address, id)),
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
