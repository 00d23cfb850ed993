import { useLayoutEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { App } from '../app-state.ts';
import { talkPath, type Page } from '../router.ts';
import { commandOf, type Command } from '../shortcuts.ts';
import { listRowPath } from '../stores/conversation-list.ts';

/** Lets the keys of the table work. */
export function useCommands(
  app: App,
  page: Page,
  { jump, help }: Readonly<{ jump: () => void; help: () => void }>,
): void {
  const { route } = useLocation();
  const current = talkPath(page);

  // Before anything is painted: a key that comes at once is meant for what is there now.
  useLayoutEffect(() => {
    function step(by: 1 | -1, isUnreadOnly: boolean): void {
      const rows = app.rows.peek();
      const start = rows.findIndex((row) => listRowPath(row) === current);
      for (let i = start === -1 && by === -1 ? rows.length - 1 : start + by; ; i += by) {
        const row = rows[i];
        if (row === undefined) return;
        if (isUnreadOnly && row.unread === 0) continue;
        route(listRowPath(row));
        return;
      }
    }

    /** Closes what is open beside the conversation, else says that all of it was read. */
    function markRead(): void {
      if (current === undefined) {
        route('/');
      } else if (location.search !== '') {
        route(current);
      } else if (page.name === 'room') {
        const known = app.rooms.byTitle.peek().get(page.room);
        if (known !== undefined && known.unread > 0)
          void app.attempt(app.api.rooms.markRead(page.room, known.seqnr));
      } else if (page.name === 'conversation') {
        const last = app.conversations.byAddress.peek().get(page.address)?.last ?? undefined;
        if (last !== undefined) void app.attempt(app.api.markRead(page.address, last.s));
      }
    }

    function find(): void {
      if (current === undefined) {
        jump();
        return;
      }
      app.openFind(current);
      // Open already, it may have lost the focus.
      document.querySelector<HTMLElement>('.find-in .find-input')?.focus();
    }

    const commands: Readonly<Record<Command, () => void>> = {
      jump,
      find,
      help,
      previous: () => step(-1, false),
      next: () => step(1, false),
      previousUnread: () => step(-1, true),
      nextUnread: () => step(1, true),
      read: markRead,
    };

    function handleKey(event: KeyboardEvent): void {
      // An open dialog has the keyboard for itself.
      if (document.querySelector('dialog[open]') !== null || event.isComposing) return;
      const command = commandOf(event, isField(event.target));
      if (command === undefined) return;
      // Pressed once more, it is the browser's own.
      if (command === 'find' && isIn(event.target, '.find-in')) return;
      event.preventDefault();
      commands[command]();
    }

    window.addEventListener('keydown', handleKey);
    return () => window.removeEventListener('keydown', handleKey);
  }, [current]);
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, [contenteditable]');
}

function isIn(target: EventTarget | null, selector: string): boolean {
  return target instanceof HTMLElement && target.closest(selector) !== null;
}
