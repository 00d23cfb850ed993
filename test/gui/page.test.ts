import test from 'ava';
import { parseAddress } from '../../daemon/wire/address.ts';
import { createId } from '../../gui/client/clock.ts';
import { conversationPath, formatPath, parsePath, type Page } from '../../gui/src/router.ts';
import { createSession, takeTicket } from '../../gui/src/session.ts';
import { commandOf, keyNames, SHORTCUTS } from '../../gui/src/shortcuts.ts';
import { ANNA, createMemoryStorage } from './fakes.ts';

const pages: readonly Page[] = [
  { name: 'home' },
  { name: 'conversation', address: ANNA, messageId: undefined },
  { name: 'conversation', address: parseAddress('[fc92::1]:5000'), messageId: 'a_b-1' },
  { name: 'request', address: ANNA },
  { name: 'add' },
  { name: 'settings' },
  { name: 'relay' },
  { name: 'search' },
];
for (const page of pages) {
  test(`${formatPath(page)} names its page`, (t) => t.deepEqual(parsePath(formatPath(page)), page));
}

for (const path of ['/nowhere', '/c', '/c/not-an-address', '/c/fc92::1/x', '/add/more', '/c/%zz']) {
  test(`${path} names no page`, (t) => t.deepEqual(parsePath(path), { name: 'lost' }));
}

test('an address in a path may be spelled in any way', (t) => {
  t.deepEqual(parsePath('/c/FC92:0::1'), {
    name: 'conversation',
    address: parseAddress('fc92::1'),
    messageId: undefined,
  });
  t.true(conversationPath(ANNA, true).endsWith('?details'));
});

test('the ticket is taken out of the address bar', (t) => {
  const replaced: unknown[] = [];
  const history = { replaceState: (_: unknown, __: string, url?: unknown) => replaced.push(url) };

  const ticket = takeTicket(
    { hash: '#t=abc', pathname: '/c/x', search: '?details' },
    {
      replaceState: history.replaceState,
    },
  );

  t.is(ticket, 'abc');
  t.deepEqual(replaced, ['/c/x?details']);
  t.is(takeTicket({ hash: '', pathname: '/', search: '' }, history), undefined);
});

test('a token is kept for good or until the tab is closed', (t) => {
  const kept = createMemoryStorage();
  const tab = createMemoryStorage();

  createSession(kept, tab).open('one', true);
  t.is(createSession(kept, createMemoryStorage()).token.value, 'one');

  createSession(kept, tab).open('two', false);
  t.is(createSession(kept, createMemoryStorage()).token.value, undefined);
  t.is(createSession(kept, tab).token.value, 'two');

  createSession(kept, tab).close();
  t.is(createSession(kept, tab).token.value, undefined);
});

test('keys stand for commands, some of them while typing', (t) => {
  const press = { key: 'x', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

  t.is(commandOf({ ...press, key: 'k', ctrlKey: true }, true), 'jump');
  t.is(commandOf({ ...press, key: 'K', metaKey: true }, false), 'jump');
  t.is(commandOf({ ...press, key: 'f', ctrlKey: true }, true), 'find');
  t.is(commandOf({ ...press, key: 'а', code: 'KeyF', ctrlKey: true }, true), 'find');
  t.is(commandOf({ ...press, key: 'а', code: 'KeyF' }, true), undefined);
  t.is(commandOf({ ...press, key: 'ArrowUp', altKey: true }, true), 'previous');
  t.is(
    commandOf({ ...press, key: 'ArrowUp', altKey: true, shiftKey: true }, true),
    'previousUnread',
  );
  t.is(commandOf({ ...press, key: '?', shiftKey: true }, false), 'help');
  t.is(commandOf({ ...press, key: '?', shiftKey: true }, true), undefined);
  t.is(commandOf({ ...press, key: 'Enter' }, false), undefined);
});

test('every command has its keys in the table', (t) => {
  const names = SHORTCUTS.map(keyNames);

  t.true(names.every((keys) => keys.length > 0));
  t.deepEqual(names[0], ['Ctrl', 'K']);
});

test('an id is a random UUID', (t) => {
  t.regex(createId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.not(createId(), createId());
});
