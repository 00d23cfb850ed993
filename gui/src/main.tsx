/** Puts the page together in a browser. */
import { computed, signal } from '@preact/signals';
import { render } from 'preact';
import type { ApiMessage } from '../../daemon/wire/gui-api.ts';
import type { ApiRoomMessage } from '../../daemon/wire/rooms-api.ts';
import { TICKET_SUBPROTOCOL_PREFIX, TOPIC_SUBPROTOCOL } from '../../daemon/wire/topic-terms.ts';
import { createApp } from './app-state.ts';
import { SYSTEM_CLOCK } from '../client/clock.ts';
import { createNotifications } from './notifications.ts';
import { Root } from './root.tsx';
import { conversationPath, roomPath } from './router.ts';
import { createSession, takeTicket } from './session.ts';
import { keepShell } from './shell-cache.ts';
import { previewText } from './text/invitation.ts';
import { personOf } from './text/room.ts';
import { showName } from './text/visible.ts';
import { followWords } from './texts/present-words.ts';

/** So much of a message is in a notification. */
const NOTICE_LENGTH = 160;

const ticket = signal(takeTicket(location, history));
const session = createSession(localStorage, sessionStorage);

const notifications = createNotifications(localStorage, SYSTEM_CLOCK.nowMs);
const app = createApp({
  session,
  storage: localStorage,
  clock: SYSTEM_CLOCK,
  fetch: (path, init) => fetch(path, init),
  openSocket: (socketTicket) =>
    new WebSocket(new URL('/chatroom', location.href.replace(/^http/, 'ws')), [
      TOPIC_SUBPROTOCOL,
      TICKET_SUBPROTOCOL_PREFIX + socketTicket,
    ]),
  onIncoming: notifyOfMessage,
  onHeard: notifyOfRoom,
});

const words = followWords(
  computed(() => app.me.settings.value.language),
  navigator.languages,
);

function notifyOfMessage({ from, message }: ApiMessage): void {
  const contact = app.contacts.byAddress.peek().get(from);
  if (contact === undefined || contact.muted) return;
  notify(app.contacts.nameOf(from), preview(message, 'in'), conversationPath(from));
}

function notifyOfRoom({ room, from, origin, message }: ApiRoomMessage): void {
  const known = app.rooms.byTitle.peek().get(room);
  if (known === undefined || known.muted || !known.joined) return;
  const { name } = personOf(from, origin, app.people);
  notify(known.name, `${name}: ${preview(message)}`, roomPath(room));
}

function preview(text: string, direction?: 'in'): string {
  return words.value === undefined ? text : previewText(text, words.value, direction);
}

function notify(title: string, body: string, path: string): void {
  if (document.hasFocus()) return;
  notifications.show({
    title: showName(title),
    body: showName(body.slice(0, NOTICE_LENGTH)),
    tag: path,
    onOpen: () => {
      history.pushState(null, '', path);
      // The router listens to the browser's own navigation.
      dispatchEvent(new PopStateEvent('popstate'));
    },
  });
}

app.start();
// A link opened in this very tab changes the fragment only.
addEventListener('hashchange', () => {
  ticket.value = takeTicket(location, history) ?? ticket.value;
});
addEventListener('online', app.live.retryNow);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') app.live.retryNow();
});

const place = document.getElementById('app');
if (place !== null) render(<Root {...{ app, notifications, ticket, words }} />, place);
keepShell(window);
