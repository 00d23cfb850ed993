/** Everything that the page knows and does, put together. Nothing runs before `start`. */
import { computed, effect, signal } from '@preact/signals';
import { tryParseAddress } from '../../daemon/wire/address.ts';
import type { ApiMessage } from '../../daemon/wire/gui-api.ts';
import type { ApiRoomMessage } from '../../daemon/wire/rooms-api.ts';
import { createApi, type ApiOptions } from './api.ts';
import { createId, type Clock } from '../client/clock.ts';
import { createLive, type LiveSocket } from './live.ts';
import type { Session } from './session.ts';
import { createContactsStore } from './stores/contacts-store.ts';
import { isSilent, listConversations } from './stores/conversation-list.ts';
import { createConversationsStore } from './stores/conversations-store.ts';
import { createDraftsStore } from './stores/drafts-store.ts';
import { createGamesStore } from './stores/games-store.ts';
import { gathered } from './stores/gathered.ts';
import { createMeStore } from './stores/me-store.ts';
import { createMessageLogs } from './stores/message-logs.ts';
import { createNoticesStore } from './stores/notices-store.ts';
import { createOutboxStore } from './stores/outbox-store.ts';
import { createRoomLogs } from './stores/room-logs.ts';
import { createRoomsStore } from './stores/rooms-store.ts';
import { createSearchStore } from './stores/search-store.ts';
import { createStatusStore } from './stores/status-store.ts';
import { createToastStore } from './stores/toast-store.ts';
import { createTypingStore } from './stores/typing-store.ts';
import { failureText } from './text/failure.ts';
import type { People } from './text/room.ts';
import type { TopicChange } from '../client/topic-frames.ts';

/** Ages ("20 s ago") are told anew this often. */
const TICK_MS = 10_000;
/** While the next attempt to connect is counted down. */
const COUNTDOWN_TICK_MS = 1_000;

export type AppOptions = Readonly<{
  session: Session;
  storage: Storage;
  clock: Clock;
  fetch: ApiOptions['fetch'];
  openSocket: (ticket: string) => LiveSocket;
  /** A message just came in, from whomever. */
  onIncoming: (message: ApiMessage) => void;
  /** Somebody else just said something in a room. */
  onHeard: (message: ApiRoomMessage) => void;
}>;

export type App = ReturnType<typeof createApp>;

export function createApp(options: AppOptions) {
  const { session, storage, clock, fetch, openSocket, onIncoming, onHeard } = options;
  const api = createApi({
    token: () => session.token.value,
    onUnauthorized: session.close,
    fetch,
  });
  const live = createLive({ requestTicket: api.wsTicket, openSocket, clock });
  const contacts = createContactsStore();
  const conversations = createConversationsStore();
  const status = createStatusStore();
  const notices = createNoticesStore(status.status, storage);
  const me = createMeStore(api, storage);
  const toasts = createToastStore(clock);
  const logs = createMessageLogs(api, onIncoming, contacts.placeOf);
  const drafts = createDraftsStore({ live, storage });
  const games = createGamesStore({ live, createId });
  const typing = createTypingStore({ live, clock, createId });
  const outbox = createOutboxStore({
    send: api.send,
    onSent: (message) => logs.get(message.to).apply([message]),
    itemPrefix: 'vestnik.outbox.',
    parseTo: tryParseAddress,
    ...{ storage, clock, createId },
  });
  const rooms = createRoomsStore();
  const roomLogs = createRoomLogs(api.rooms, onHeard);
  const roomOutbox = createOutboxStore({
    send: (room: string, message) => api.rooms.say(rooms.titleOf(room), message),
    onSent: (said, room) => {
      if ('seqnr' in said) roomLogs.get(said.room).apply([said]);
      else rooms.putWaiting(rooms.titleOf(room), said);
    },
    itemPrefix: 'vestnik.room-outbox.',
    parseTo: (room) => room,
    ...{ storage, clock, createId },
  });
  const search = createSearchStore({ search: api.search, clock });
  const finding = signal<string | undefined>(undefined);
  const people: People = {
    nameOf: contacts.nameOf,
    isContact: (address) => {
      const contact = contacts.byAddress.value.get(contacts.placeOf(address));
      return contact !== undefined && contact.state !== 'request';
    },
  };
  const hub = computed(
    () => status.status.value?.listeners.find(({ name }) => name === 'hub')?.url,
  );
  const now = signal(clock.nowMs());
  let cancelTick: (() => void) | undefined;

  const rows = computed(() =>
    listConversations({
      people: contacts.people.value,
      conversations: conversations.byAddress.value,
      drafts: drafts.texts.value,
      outbox: outbox.items.value,
      rooms: rooms.all.value,
      roomOutbox: roomOutbox.items.value,
    }),
  );

  function tick(everyMs: number): void {
    cancelTick?.();
    now.value = clock.nowMs();
    cancelTick = clock.after(everyMs, () => tick(everyMs));
  }

  function followContacts(change: TopicChange): void {
    contacts.apply(change);
    // Whoever comes back later may have another history.
    if (change.type === 'pop' && typeof change['key'] === 'string') logs.forget(change['key']);
  }

  function followConversations(change: TopicChange): void {
    const before = conversations.missing.peek();
    conversations.apply(change);
    for (const [address, missing] of conversations.missing.peek()) {
      if (missing !== (before.get(address) ?? missing)) logs.reviewGaps(address);
    }
  }

  function followRooms(change: TopicChange): void {
    rooms.apply(change);
    // Whoever joins again later may have another history.
    if (change.type === 'pop' && typeof change['key'] === 'string') roomLogs.forget(change['key']);
  }

  function follow(): void {
    live.subscribe('_vestnik/contacts', 'dict', { onChange: followContacts });
    live.subscribe('_vestnik/conversations', 'dict', { onChange: followConversations });
    live.subscribe('_vestnik/status', 'dict', { onChange: status.apply });
    live.subscribe('_vestnik/message-batches', 'event', { onChange: gathered(clock, logs.apply) });
    live.subscribe('_vestnik/rooms', 'dict', { onChange: followRooms });
    live.subscribe('_vestnik/events', 'event', { onChange: gathered(clock, roomLogs.apply) });
    live.subscribe('_chatroom/topic_list', 'set', { onChange: drafts.followListed });
    live.onConnected(() => {
      logs.catchUp();
      roomLogs.catchUp();
      void outbox.flush();
      void roomOutbox.flush();
      // What it does not say now it says at the next connection.
      me.load().catch(() => undefined);
    });
  }

  /** Does something, and says in words when it did not work. `false` then. */
  async function attempt(work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      toasts.show(failureText(error));
      return false;
    }
  }

  return {
    session,
    api,
    live,
    contacts,
    conversations,
    status,
    notices,
    me,
    toasts,
    logs,
    drafts,
    typing,
    games,
    outbox,
    rooms,
    /** What those who speak in rooms are called. */
    people,
    /** Our daemon serves guests over plain HTTP. */
    hasGuests: computed(() => hub.value !== undefined),
    /** Where it serves them; `undefined`: nowhere. */
    hub,
    roomLogs,
    roomOutbox,
    clock,
    /** The search through all conversations and rooms. */
    search,
    /** Path of the conversation or room in which something is looked for. */
    finding,
    openFind: (path: string): void => {
      finding.value = path;
    },
    closeFind: (): void => {
      finding.value = undefined;
    },
    /** Milliseconds since 1970, now and then. */
    now,
    /** The left column, the latest first. */
    rows,
    /** Unread messages of all that are not muted. */
    unread: computed(() =>
      rows.value.filter((row) => !isSilent(row)).reduce((sum, row) => sum + row.unread, 0),
    ),
    attempt,
    /** @returns What stops it again. */
    start: (): (() => void) => {
      follow();
      const stopTicking = effect(() => {
        const { state } = live.connection.value;
        tick(state === 'reconnecting' || state === 'stopped' ? COUNTDOWN_TICK_MS : TICK_MS);
      });
      const stopFollowing = effect(() => {
        if (session.token.value === undefined) live.stop();
        else live.start();
      });
      const stopHearing = effect(() => {
        if (status.status.value !== undefined) me.follow(status.status.value);
      });
      return () => {
        stopHearing();
        stopFollowing();
        stopTicking();
        cancelTick?.();
        live.stop();
      };
    },
  };
}
