/** Puts the page together in a browser. */
import { signal } from '@preact/signals';
import { render } from 'preact';
import type { ApiMessage } from '../../daemon/wire/gui-api.ts';
import { TICKET_SUBPROTOCOL_PREFIX, TOPIC_SUBPROTOCOL } from '../../daemon/wire/topic-limits.ts';
import { createApp } from './app-state.ts';
import { BROWSER_CLOCK } from './clock.ts';
import { createNotifications } from './notifications.ts';
import { Root } from './root.tsx';
import { conversationPath } from './router.ts';
import { createSession, takeTicket } from './session.ts';
import { keepShell } from './shell-cache.ts';
import { showName } from './text/visible.ts';

/** So much of a message is in a notification. */
const NOTICE_LENGTH = 160;

const ticket = signal(takeTicket(location, history));
const session = createSession(localStorage, sessionStorage);

const notifications = createNotifications(localStorage, BROWSER_CLOCK.nowMs);
const app = createApp({
  session,
  storage: localStorage,
  clock: BROWSER_CLOCK,
  fetch: (path, init) => fetch(path, init),
  openSocket: (socketTicket) =>
    new WebSocket(new URL('/chatroom', location.href.replace(/^http/, 'ws')), [
      TOPIC_SUBPROTOCOL,
      TICKET_SUBPROTOCOL_PREFIX + socketTicket,
    ]),
  onIncoming: notify,
});

function notify({ from, message }: ApiMessage): void {
  const contact = app.contacts.byAddress.peek().get(from);
  if (document.hasFocus() || contact === undefined || contact.muted) return;
  notifications.show({
    title: showName(app.contacts.nameOf(from)),
    body: showName(message.slice(0, NOTICE_LENGTH)),
    tag: from,
    onOpen: () => {
      history.pushState(null, '', conversationPath(from));
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
if (place !== null) render(<Root {...{ app, notifications, ticket }} />, place);
keepShell(window);
