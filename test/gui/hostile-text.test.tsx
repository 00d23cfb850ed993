/** Security test row 27: whatever somebody writes or is called, it is text (G9). */
import test from 'ava';
import type { VNode } from 'preact';
import { renderToString as renderVNode } from 'preact-render-to-string';
import type { ApiContact, ApiMessage } from '../../daemon/wire/gui-api.ts';
import { ConversationHeader } from '../../gui/src/components/conversation-header.tsx';
import { ConversationItem } from '../../gui/src/components/conversation-item.tsx';
import { IdentityChanged } from '../../gui/src/components/identity-change.tsx';
import { MessageBubble } from '../../gui/src/components/message-bubble.tsx';
import type { MessageActions } from '../../gui/src/components/message-card.tsx';
import { MessageText } from '../../gui/src/components/message-text.tsx';
import { RequestCard } from '../../gui/src/components/request-card.tsx';
import { showName, showSteering } from '../../gui/src/text/visible.ts';
import { InvitationCard } from '../../gui/src/components/invitation-card.tsx';
import { RoomBubble } from '../../gui/src/components/room-bubble.tsx';
import { nameOfUser, RoomComings } from '../../gui/src/components/room-comings.tsx';
import { RoomItem } from '../../gui/src/components/room-item.tsx';
import type { ConversationRow, RoomListRow } from '../../gui/src/stores/conversation-list.ts';
import type { People } from '../../gui/src/text/room.ts';
import { WordsContext } from '../../gui/src/texts/use-words.ts';
import { createWords } from './words.ts';
import { HOSTILE_TEXTS } from '../helpers/hostile-texts.ts';
import {
  BORIS,
  iso,
  NO_GAMES,
  NO_INVITATIONS,
  NOON,
  sampleContact,
  sampleMessage,
  sampleRoom,
  sampleSaid,
} from './fakes.ts';

const WORDS = createWords('en');

function renderToString(view: VNode): string {
  return renderVNode(<WordsContext.Provider value={WORDS}>{view}</WordsContext.Provider>);
}

/** What nobody clicks on here. */
const ignore = (): void => undefined;
const ACTIONS: MessageActions = {
  invitation: NO_INVITATIONS,
  games: NO_GAMES,
  loadTimeline: () => Promise.resolve([]),
  onRetry: ignore,
  onCancel: ignore,
  onDelete: ignore,
  onChoose: ignore,
};

type Element = Readonly<{ name: string; attributes: ReadonlyMap<string, string> }>;

/** The elements of rendered HTML. Text in it has no bare `<`, so each one begins an element or ends it. */
function elementsOf(html: string): readonly Element[] {
  return [...html.matchAll(/<([a-z][\w-]*)((?:\s+[^\s=>"]+(?:="[^"]*")?)*)\s*\/?>/gi)].map(
    ([, name = '', rest = '']) => ({
      name,
      attributes: new Map(
        [...rest.matchAll(/([^\s=>"]+)(?:="([^"]*)")?/g)].map(([, key = '', value = '']) => [
          key,
          decode(value),
        ]),
      ),
    }),
  );
}

function textOf(html: string): string {
  return decode(html.replace(/<\/?[a-z](?:"[^"]*"|[^">])*>/gi, ''));
}

function decode(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

/** Elements and the names of their attributes, without the links that a text may have. */
function skeletonOf(html: string): readonly string[] {
  return elementsOf(html)
    .filter(({ attributes }) => attributes.get('rel') !== 'noopener noreferrer nofollow')
    .map(({ name, attributes }) => `${name} ${[...attributes.keys()].join(' ')}`);
}

test('there are at least 500 of them', (t) => {
  t.true(HOSTILE_TEXTS.length >= 500, String(HOSTILE_TEXTS.length));
});

test('row 27: a message is text and links, whatever is in it', (t) => {
  for (const text of HOSTILE_TEXTS) {
    const html = renderToString(<MessageText text={text} />);

    for (const { name, attributes } of elementsOf(html)) {
      t.true(['bdi', 'a'].includes(name), html);
      const allowed = name === 'a' ? ['href', 'target', 'rel'] : ['class'];
      t.deepEqual([...attributes.keys()], allowed, html);
      if (name !== 'a') continue;
      t.regex(attributes.get('href') ?? '', /^(?:https?:\/\/|mailto:)/, html);
      t.is(attributes.get('rel'), 'noopener noreferrer nofollow');
    }
    t.is(textOf(html), showSteering(text));
    t.notRegex(
      html,
      /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/,
    );
  }
});

const CHANGED: ApiContact['other_info'] = {
  ...sampleContact().other_info,
  candidate: { at: iso(NOON), fingerprint: 'A'.repeat(43) },
};

/** Everywhere that a text or a name of somebody else is shown. */
const PLACES: Readonly<Record<string, (text: string) => VNode>> = {
  'a message': (text) => <Bubble message={{ message: text }} name="Anna" />,
  'a message that failed': (text) => (
    <Bubble message={{ message: text, direction: 'out', state: 'failed' }} name="Anna" />
  ),
  'the names of author and relay': (text) => <Bubble message={{ via: BORIS }} name={text} />,
  'the name in the list': (text) => <Row contact={{ nick: text }} />,
  'the last message in the list': (text) => <Row last={text} />,
  'the draft in the list': (text) => <Row draft={text} />,
  'the name above a conversation': (text) => (
    <ConversationHeader
      contact={sampleContact({ nick: text })}
      name={showName(text)}
      isFinding={false}
      onFind={() => undefined}
      hasDetails={true}
      now={NOON}
    />
  ),
  'the name of whom somebody took the place of': (text) => (
    <IdentityChanged
      contact={sampleContact({ nick: text, other_info: CHANGED })}
      name={showName(text)}
      own={undefined}
      now={NOON}
      loadNumber={() => Promise.reject(new Error('not asked for'))}
      onAccept={ignore}
      onDismiss={ignore}
    />
  ),
  'what a guest says': (text) => <Said message={text} />,
  'the name of a guest': (text) => <Said from={text} />,
  'names of those who come': (text) => (
    <RoomComings
      comings={{ came: [text], left: [], passed: [], present: undefined }}
      place={PLACE}
      nameOfUser={(user) => nameOfUser(user, PEOPLE)}
    />
  ),
  'a room in the list': (text) => <RoomRow name={text} />,
  'an invitation': (text) => (
    <InvitationCard
      invitation={{ address: BORIS, uid: 'x', name: text, invite: '' }}
      text="vestnik-room://"
      isOwn={false}
      actions={NO_INVITATIONS}
    />
  ),
  'the name in a contact request': (text) => (
    <RequestCard
      request={sampleContact({ state: 'request', nick: text })}
      now={NOON}
      href="/r/x"
      onAccept={ignore}
      onDismiss={ignore}
      onBlock={ignore}
    />
  ),
};

for (const [place, show] of Object.entries(PLACES)) {
  test(`row 27: in ${place} nothing becomes an element`, (t) => {
    const expected = skeletonOf(renderToString(show('harmless')));

    t.true(expected.length > 0);
    for (const text of HOSTILE_TEXTS) {
      t.deepEqual(skeletonOf(renderToString(show(text))), expected, text);
    }
  });
}

function Bubble({ message, name }: Readonly<{ message: Partial<ApiMessage>; name: string }>) {
  return (
    <MessageBubble
      message={sampleMessage(1, message)}
      game={undefined}
      isContinued={false}
      isMarked={false}
      isContactPlain={true}
      now={NOON}
      nameOf={() => name}
      actions={ACTIONS}
      place={{ ...PLACE, isOpen: false }}
    />
  );
}

const PEOPLE: People = { nameOf: () => 'Anna', isContact: () => false };
const PLACE = { isOpen: true, isTabStop: true, onToggle: ignore, onFocus: ignore };

function Said({ from = 'ringo', message = 'hi' }: Readonly<{ from?: string; message?: string }>) {
  const event = sampleSaid(1, { from, message, origin: 'guest' });
  const place = { ...PLACE, isOpen: false };
  return (
    <RoomBubble
      {...{ event, place, game: undefined, games: NO_GAMES }}
      isContinued={false}
      isMarked={false}
      now={NOON}
      people={PEOPLE}
    />
  );
}

function RoomRow({ name }: Readonly<{ name: string }>) {
  const last = sampleSaid(1, { message: name });
  const row: RoomListRow = {
    ...{ type: 'room', room: sampleRoom({ name, last }), last, unread: 1, draft: '' },
    ...{ sending: undefined, activeAt: NOON },
  };
  return <RoomItem row={row} isCurrent={false} now={NOON} people={PEOPLE} />;
}

type RowProps = Readonly<{ contact?: Partial<ApiContact>; last?: string; draft?: string }>;

function Row({ contact = {}, last, draft = '' }: RowProps) {
  const row: ConversationRow = {
    type: 'conversation',
    contact: sampleContact(contact),
    last: last === undefined ? undefined : sampleMessage(1, { message: last }),
    unread: 1,
    draft,
    sending: undefined,
    activeAt: NOON,
  };
  return <ConversationItem row={row} isCurrent={false} now={NOON} nameOf={() => 'Anna'} />;
}
