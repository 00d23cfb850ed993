import test from 'ava';
import { parseAddress } from '../../daemon/wire/address.ts';
import type { TimelineEntry } from '../../daemon/wire/gui-api.ts';
import {
  addressLink,
  judgeAddress,
  shortAddress,
  type AddressVerdict,
} from '../../gui/src/text/address.ts';
import { agentName } from '../../gui/src/text/agent.ts';
import { avatarColour, avatarLetter } from '../../gui/src/text/avatar.ts';
import { splitLinks } from '../../gui/src/text/links.ts';
import { foldText, messageTimes, stateText } from '../../gui/src/text/message.ts';
import { stepText } from '../../gui/src/text/timeline.ts';
import { connectionText, presenceText } from '../../gui/src/text/presence.ts';
import { formatBytes } from '../../gui/src/text/size.ts';
import { createTimeText } from '../../gui/src/text/time.ts';
import { isolate, showName, showSteering } from '../../gui/src/text/visible.ts';
import { createWords } from './words.ts';
import { ANNA, BORIS, FINGERPRINT, iso, ME, NOON, sampleContact, sampleMessage } from './fakes.ts';

const words = createWords('en');
const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const nameOf = (address: string) => (address === BORIS ? 'Boris' : 'Anna');
const bare = (text: string) => text.replace(/[\u2066-\u2069]/g, '');

const links = test.macro({
  exec: (t, text: string, hrefs: readonly string[]) => {
    const parts = splitLinks(text);

    t.is(parts.map((part) => part.text).join(''), text);
    t.deepEqual(
      parts.flatMap((part) => (part.type === 'link' ? [part.href] : [])),
      hrefs,
    );
  },
  title: (_, text) => `links in ${JSON.stringify(text)}`,
});

test(links, 'plain', []);
test(links, 'see https://example.org/a?b=c#d, please.', ['https://example.org/a?b=c#d']);
test(links, '(https://example.org/x_(y))', ['https://example.org/x_(y)']);
test(links, 'mailto:anna@example.org!', ['mailto:anna@example.org']);
test(links, 'HTTP://EXAMPLE.ORG', ['http://example.org/']);
test(links, 'javascript:alert(1) data:text/html,x file:///etc/passwd', []);
test(links, 'http:// and https://[', []);
test(links, '"https://example.org"', ['https://example.org/']);
test(links, 'http://[200:1c2e::7]:4885/c/x', ['http://[200:1c2e::7]:4885/c/x']);

test('characters that steer the display are shown', (t) => {
  t.is(showSteering('exe.\u202Efdp'), 'exe.[U+202E]fdp');
  t.is(showSteering('a\u0007b\u0000'), 'a␇b␀');
  t.is(showSteering('tab\tand\r\nline\n'), 'tab\tand\nline\n');
  t.is(showSteering('שלום'), 'שלום');
});

test('a name is one line and cannot disturb the sentence around it', (t) => {
  t.is(showName('  two\n lines '), 'two lines');
  t.is(isolate('x\u2069y'), '\u2068x[U+2069]y\u2069');
});

test('times are as short as they can be told apart', (t) => {
  const time = createTimeText('en-GB', 'just now', 'UTC');

  t.is(time.brief(NOON - HOUR, NOON), '11:00');
  t.is(time.brief(NOON - DAY, NOON), 'Mon');
  t.is(time.brief(NOON - 10 * DAY, NOON), '28 Feb');
  t.is(time.brief(NOON - 400 * DAY, NOON), '3 Feb 2025');
  t.is(time.moment(NOON - HOUR, NOON), '11:00');
  t.is(time.moment(NOON - DAY, NOON), '9 Mar, 12:00');
});

test('days are named', (t) => {
  const english = createTimeText('en-GB', 'just now', 'UTC');
  const russian = createTimeText('ru', 'just now', 'UTC');

  t.is(english.day(NOON, NOON), 'Today');
  t.is(english.day(NOON - DAY, NOON), 'Yesterday');
  t.is(russian.day(NOON - DAY, NOON), 'Вчера');
  t.is(english.day(NOON - 2 * DAY, NOON), 'Sunday 8 March');
  t.is(english.day(NOON - 400 * DAY, NOON), '3 February 2025');
});

test('a day begins at midnight where the reader is', (t) => {
  const time = createTimeText('en', 'just now', 'Asia/Tokyo');
  const beforeMidnight = Date.UTC(2026, 2, 10, 14, 59);

  t.is(time.dayNumber(beforeMidnight) + 1, time.dayNumber(beforeMidnight + 60 * SECOND));
});

test('ages are in words', (t) => {
  const time = createTimeText('en', 'just now', 'UTC');

  t.is(time.ago(NOON - SECOND, NOON), 'just now');
  t.is(time.ago(NOON + HOUR, NOON), 'just now');
  t.is(time.ago(NOON - 20 * SECOND, NOON), '20 sec. ago');
  t.is(time.ago(NOON - 3 * HOUR, NOON), '3 hr. ago');
  t.is(time.ago(NOON - 50 * HOUR, NOON), '2 days ago');
  t.is(time.until(NOON - HOUR, NOON), 'now');
  t.is(time.until(NOON + 2 * 60 * SECOND, NOON), 'in 2 min.');
});

test('sizes are in words', (t) => {
  t.is(formatBytes(0, 'en'), '0 byte');
  t.is(formatBytes(4096, 'en'), '4.1 kB');
  t.is(formatBytes(12_345_678_901, 'en'), '12 GB');
  t.is(formatBytes(1500, 'ru'), '1,5 кБ');
});

const STRANGERS = { own: [], ownFingerprint: undefined, contacts: new Set<string>() };

const judged = test.macro({
  exec: (t, typed: string, state: AddressVerdict['state']) => {
    const own = [ME];
    t.is(
      judgeAddress(typed, { own, ownFingerprint: undefined, contacts: new Set([ANNA]) }).state,
      state,
    );
  },
  title: (_, typed: string, state: string) => `the address ${JSON.stringify(typed)} is ${state}`,
});

test(judged, ' ', 'empty');
test(judged, 'example.org', 'bad');
test(judged, 'fc92:44d1::7b04', 'good');
test(judged, 'vestnik://[FC92:44d1::7b04]', 'good');
test(judged, 'vestnik://[200:7f3c:91d2:4e0b:6a55::2]:4884', 'known');
test(judged, ME, 'own');
test(judged, '0.0.0.0', 'refused');

const contactLink = `vestnik://[fc92:44d1::7b04]:4884/${FINGERPRINT}`;
test(judged, contactLink, 'good');
test(judged, `${contactLink}/QUJDREVGR0hJSktMTU5PUA`, 'good');
test(judged, `vestnik://[200:7f3c:91d2:4e0b:6a55::2]:4884/${FINGERPRINT}`, 'known');
test(judged, contactLink.slice(0, -1), 'bad_link');
test(judged, `vestnik://example.org/${FINGERPRINT}`, 'bad_link');

test('a contact link is told from an address, and our own is known by its fingerprint', (t) => {
  t.like(judgeAddress(contactLink, STRANGERS), { state: 'good', isLink: true });
  t.like(judgeAddress('fc92:44d1::7b04', STRANGERS), { state: 'good', isLink: false });
  t.is(judgeAddress(contactLink, { ...STRANGERS, ownFingerprint: FINGERPRINT }).state, 'own');
});

test('a good address is described', (t) => {
  t.like(judgeAddress('192.168.1.7:5000', STRANGERS), {
    state: 'good',
    kind: 'private',
    port: 5000,
  });
});

test('addresses are shortened for the eye and complete as links', (t) => {
  const withPort = parseAddress('[200:7f3c:91d2:4e0b:6a55::2]:5000');

  t.is(shortAddress(ANNA), '200:…:2');
  t.is(shortAddress(withPort), '[200:…:2]:5000');
  t.is(shortAddress(parseAddress('10.0.0.7:99')), '10.0.0.7:99');
  t.is(addressLink(ANNA, null), 'vestnik://[200:7f3c:91d2:4e0b:6a55::2]');
  t.is(
    addressLink(ANNA, FINGERPRINT),
    `vestnik://[200:7f3c:91d2:4e0b:6a55::2]:4884/${FINGERPRINT}`,
  );
  t.is(addressLink(withPort, null), 'vestnik://[200:7f3c:91d2:4e0b:6a55::2]:5000');
  t.is(parseAddress(addressLink(withPort, null)), withPort);
});

test('an avatar stays the same', (t) => {
  t.is(avatarColour(ANNA), avatarColour(ANNA));
  t.is(avatarLetter('«анна»'), 'А');
  t.is(avatarLetter('…'), '?');
});

test('presence is never told without its age', (t) => {
  const online = sampleContact({ presence: 'online', last_online: iso(NOON - 20 * SECOND) });
  const never = sampleContact({ presence: 'offline' });

  t.is(presenceText(online, words, NOON), 'online over Yggdrasil · seen 20 sec. ago');
  t.is(presenceText(never, words, NOON), 'not seen yet');
  t.is(
    presenceText(sampleContact({ state: 'requested' }), words, NOON),
    'has not accepted yet; we keep trying',
  );
});

test('the connection is told in words', (t) => {
  const lost = { state: 'reconnecting', attempt: 2, nextAt: NOON + 5 * SECOND } as const;

  t.is(connectionText({ state: 'connected' }, 3, words, NOON), 'connected · 3 reachable');
  t.is(connectionText({ state: 'connected' }, undefined, words, NOON), 'connected');
  t.is(connectionText(lost, 3, words, NOON), 'reconnecting, attempt 2, in 5 sec.');
});

test('a message that took long has two times', (t) => {
  const late = sampleMessage(1, { timestamp: iso(NOON), received: iso(NOON + HOUR) });

  t.deepEqual(messageTimes(late), { sentAt: NOON, lateAt: NOON + HOUR });
  t.is(messageTimes(sampleMessage(1)).lateAt, undefined);
});

test('states name who is concerned', (t) => {
  const message = sampleMessage(1, { direction: 'out', to: ANNA, via: BORIS });

  t.is(bare(stateText({ ...message, state: 'queued' }, words, nameOf)), 'waits for Anna');
  t.is(
    bare(stateText({ ...message, state: 'relayed' }, words, nameOf)),
    'carried by Boris until Anna is back',
  );
  t.is(bare(stateText({ ...message, state: 'delivered' }, words, nameOf)), 'delivered to Anna');
  t.is(
    bare(stateText({ ...message, state: 'delivered', enctype: 'dr1' }, words, nameOf)),
    'delivered: Anna’s daemon has confirmed it, encrypted',
  );
});

test('the way of a message is told step by step', (t) => {
  const entry = (change: Partial<TimelineEntry>): TimelineEntry => ({
    at: iso(NOON),
    step: 'attempt',
    via: null,
    outcome: null,
    ...change,
  });
  const tell = (change: Partial<TimelineEntry>) =>
    bare(stepText(entry(change), { to: ANNA, enctype: '' }, words, nameOf));
  const tellSealed = (change: Partial<TimelineEntry>) =>
    bare(stepText(entry(change), { to: ANNA, enctype: 'dr1' }, words, nameOf));

  t.is(tell({ outcome: 'timeout' }), 'directly: no answer in time');
  t.is(tell({ outcome: 'refused', via: BORIS }), 'Boris did not want to carry it');
  t.is(tell({ step: 'relayed', via: BORIS }), 'handed to Boris');
  t.is(tell({ step: 'delivered' }), 'Anna’s daemon has it');
  t.is(tell({ step: 'delivered', via: BORIS }), 'Boris delivered it');
  t.is(tell({ step: 'failed', outcome: 'cancelled' }), 'cancelled by you');

  t.is(
    tellSealed({ outcome: 'not_proven' }),
    'directly: whoever answered could not prove to be Anna',
  );
  t.is(tellSealed({ step: 'relayed', via: BORIS }), 'handed, sealed, to Boris');
  t.is(tellSealed({ step: 'accepted' }), 'Anna’s daemon took it; waiting for its confirmation');
  t.is(tellSealed({ step: 'delivered', via: BORIS }), 'Anna’s daemon confirmed it, encrypted');
  t.is(tellSealed({ step: 'read' }), 'Anna read it');
});

test('browsers are called by name', (t) => {
  const chrome =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
  const firefox = 'Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0';

  t.is(agentName(chrome), 'Chrome, Linux');
  t.is(agentName(firefox), 'Firefox, Android');
  t.is(agentName('something else'), 'something else');
});

test('long texts are folded, between characters', (t) => {
  t.is(foldText('short\ntext'), undefined);
  t.is(foldText('x\n'.repeat(40))?.split('\n').length, 16);
  const folded = foldText(`${'x'.repeat(1199)}😀 tail`) ?? '';
  t.true(folded.endsWith('x…'));
});
