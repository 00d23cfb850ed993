import test from 'ava';
import type { Contacts } from '../../daemon/domain/contacts.ts';
import type { Controls } from '../../daemon/domain/controls.ts';
import type { Contents, Envelopes } from '../../daemon/domain/envelopes.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { KeptTexts } from '../../daemon/domain/kept-texts.ts';
import type { NewMessage } from '../../daemon/domain/model.ts';
import { Outbox } from '../../daemon/domain/outbox.ts';
import type { SessionAttempts } from '../../daemon/domain/session-attempts.ts';
import { Offers } from '../../daemon/peer/offers.ts';
import type { BatchResult, PeerCalls } from '../../daemon/peer/peer-calls.ts';
import type { OutgoingMessage } from '../../daemon/wire/peer.ts';
import { FakeClock, fakeRandom, settle } from '../helpers/fake-clock.ts';
import { MemoryMessageStore } from '../helpers/memory-stores.ts';
import { contactAt } from '../helpers/peer-world.ts';

const BOB = contactAt('127.0.0.9:5000', { encryption: 'dr1' });

/** A request that left and waits for its answer. */
type Sent = Readonly<{ texts: readonly string[]; answer: (result?: BatchResult) => void }>;

/** What is offered to Bob, whose answers a test gives. */
async function startOffers(count: number, kept = new KeptTexts()) {
  const clock = new FakeClock();
  const contacts = { byNumber: () => BOB };
  const messages = new MemoryMessageStore();
  const shared = { messages, contacts, clock, random: fakeRandom() };
  const outbox = new Outbox({ ...shared, events: new DomainEvents(), expireDays: 30, kept });
  const texts: string[] = [];
  const write = async (more: number): Promise<void> => {
    const from = texts.length;
    for (let i = 0; i < more; i++) texts.push(`${from + i}`);
    const stored = await messages.add(texts.slice(from).map((text) => toNewMessage(text)));
    for (const message of stored) outbox.add(message);
  };
  await write(count);
  const sent: Sent[] = [];
  const putBackUntil: number[] = [];
  let underWay = 0;
  const send = (outgoing: readonly OutgoingMessage[]): Promise<BatchResult> => {
    underWay += 1;
    return new Promise((resolve) => {
      const answer = (result = taken(outgoing.length)): void => {
        underWay -= 1;
        resolve(result);
      };
      sent.push({ texts: outgoing.map(({ message }) => message), answer });
    });
  };
  const offers = new Offers({
    ...shared,
    outbox,
    contacts: contacts as unknown as Contacts,
    attempts: { troubled: () => undefined } as unknown as SessionAttempts,
    ownPresence: { wasTold: () => undefined },
    controls: {
      take: () => ({
        ...{ controls: [], handshakes: [] },
        putBack: (notBeforeMs: number) => void putBackUntil.push(notBeforeMs),
      }),
    } as unknown as Controls,
    envelopes: {
      wrap: async (_: unknown, { offered = [] }: Contents) => ({
        messages: offered.map(({ message }) => ({ message: message.text })),
        places: [...offered.keys()],
        controls: [],
      }),
    } as unknown as Envelopes,
    calls: {
      offer: (_: unknown, outgoing: readonly OutgoingMessage[]) => send(outgoing),
      follow: (_: unknown, outgoing: readonly OutgoingMessage[]) =>
        underWay > 0 ? send(outgoing) : undefined,
    } as unknown as PeerCalls,
  });
  return { offers, outbox, messages, sent, texts, write, putBackUntil };
}

/** A message from us to Bob; its text is its number, from 0 on. */
function toNewMessage(text: string): NewMessage {
  return {
    conversation: BOB.number,
    id: text.padStart(22, 'A'),
    direction: 'out',
    from: BOB.address,
    to: BOB.address,
    text,
    wireTimestamp: '2026-11-21T00:00:00.000Z',
    timestamp: Number(text),
    receivedAt: 0,
    enctype: 'dr1',
    sequence: Number(text) + 1,
    via: undefined,
  };
}

function taken(count: number): BatchResult {
  const accepted = Array.from({ length: count }, () => true);
  return { outcome: 'ok', accepted, isFull: false, isTroubled: false, ahead: 3, bundles: false };
}

/** As `startOffers`, once Bob has said how much he takes, and a request with so many messages is under way to him. */
async function startUnderWay(count: number) {
  const started = await startOffers(1);
  const { offers, sent, write } = started;
  await answerAll(sent, offers.make(BOB), 0);
  await write(count);
  const made = offers.make(BOB);
  await settle();
  return { ...started, made };
}

/** Answers one request after another, from a place on, until all that was offered is settled. */
async function answerAll(
  sent: readonly Sent[],
  made: Promise<unknown>,
  from: number,
): Promise<void> {
  const state = { isOver: false };
  void made.then(() => {
    state.isOver = true;
  });
  let next = from;
  while (!state.isOver) {
    const one = sent[next];
    if (one !== undefined) {
      next += 1;
      one.answer();
    }
    await settle();
  }
}

test('a contact of which nothing is known is sent one batch at a time', async (t) => {
  const { offers, sent, texts } = await startOffers(180);

  const made = offers.make(BOB);
  await settle();

  t.deepEqual(
    sent.map((one) => one.texts),
    [texts.slice(0, 50)],
  );
  sent[0]?.answer();
  t.is(await made, 'ok');
});

test('whole batches follow one another, as many as the contact takes; a few messages wait', async (t) => {
  const { offers, sent, texts } = await startOffers(257);
  await answerAll(sent, offers.make(BOB), 0);

  const made = offers.make(BOB);
  await settle();
  t.is(sent.length, 4);
  sent[1]?.answer();
  await settle();
  t.is(sent.length, 5);
  await answerAll(sent, made, 2);
  t.is(sent.length, 5);
  await answerAll(sent, offers.make(BOB), 5);

  t.deepEqual(
    sent.map((one) => one.texts.length),
    [50, 50, 50, 50, 50, 7],
  );
  t.deepEqual(
    sent.flatMap((one) => one.texts),
    texts,
  );
});

test('what is written while few are under way follows them at once, as much as the contact takes', async (t) => {
  const { offers, sent, write, made } = await startUnderWay(1);

  await write(1);
  offers.more();
  await write(1);
  offers.more();
  await settle();
  const before = sent.length;
  // Three are under way, and more it does not take.
  await write(1);
  offers.more();
  await settle();

  t.deepEqual(
    sent.slice(1, before).map((one) => one.texts),
    [['1'], ['2'], ['3']],
  );
  t.is(sent.length, before);
  sent[1]?.answer();
  await settle();
  t.deepEqual(sent.at(-1)?.texts, ['4']);
  await answerAll(sent, made, 2);
});

test('what is written in one turn follows in one request', async (t) => {
  const { offers, sent, write, made } = await startUnderWay(1);

  await write(3);
  for (let i = 0; i < 3; i++) offers.more();
  await settle();

  t.deepEqual(sent.at(-1)?.texts, ['2', '3', '4']);
  await answerAll(sent, made, 1);
});

test('behind more than a few, messages wait until they are worth a request', async (t) => {
  const { offers, sent, write, made } = await startUnderWay(5);

  await write(7);
  offers.more();
  await settle();
  t.is(sent.length, 2);
  await write(1);
  offers.more();
  await settle();

  t.is(sent.at(-1)?.texts.length, 8);
  await answerAll(sent, made, 1);
});

test('nothing follows what was answered with a failure, and it is offered again in order', async (t) => {
  const { offers, outbox, sent, write, made } = await startUnderWay(1);

  await write(1);
  offers.more();
  await settle();
  sent[1]?.answer({ outcome: 'unreachable' });
  sent[2]?.answer({ outcome: 'unreachable' });
  await made;
  await write(1);
  offers.more();
  await settle();

  t.is(sent.length, 3);
  const waiting = await outbox.load(outbox.nextBatch(BOB));
  t.deepEqual(
    waiting.map(({ text }) => text),
    ['1', '2', '3'],
  );
});

test('a batch that is refused as a whole waits before it is offered again, with all that was in it', async (t) => {
  const { offers, outbox, sent, putBackUntil } = await startOffers(3);

  const made = offers.make(BOB);
  await settle();
  sent[0]?.answer({ outcome: 'refused' });

  t.is(await made, 'refused');
  t.true((outbox.dueMs(BOB) ?? 0) > 0);
  t.true((putBackUntil[0] ?? 0) > 0);
  t.deepEqual(outbox.nextBatch(BOB), []);
});

test('what is written when a failure has just come does not follow what is still under way', async (t) => {
  const { offers, sent, write, made } = await startUnderWay(1);

  await write(1);
  offers.more();
  await settle();
  await write(1);
  sent[1]?.answer({ outcome: 'unreachable' });
  offers.more();
  await settle();

  t.is(sent.length, 3);
  sent[2]?.answer({ outcome: 'unreachable' });
  t.is(await made, 'unreachable');
});

test('when one breaks off nothing more follows, and what was behind it waits as it was', async (t) => {
  const { offers, outbox, sent } = await startOffers(300);
  await answerAll(sent, offers.make(BOB), 0);

  const made = offers.make(BOB);
  await settle();
  for (const one of sent.slice(1, 4)) one.answer({ outcome: 'unreachable' });

  t.is(await made, 'unreachable');
  t.is(sent.length, 4);
  t.deepEqual(
    outbox.nextBatch(BOB).map(({ s }) => s),
    Array.from({ length: 50 }, (_, index) => 51 + index),
  );
});

test('what follows and breaks off is no failure of what came before it', async (t) => {
  const { offers, sent } = await startOffers(300);
  await answerAll(sent, offers.make(BOB), 0);

  const made = offers.make(BOB);
  await settle();
  sent[1]?.answer();
  sent[2]?.answer({ outcome: 'unreachable' });
  sent[3]?.answer({ outcome: 'unreachable' });

  t.is(await made, 'ok');
});

test('of a backlog that is not in memory each message is read once', async (t) => {
  const { offers, messages, sent, texts } = await startOffers(500, new KeptTexts(0));
  const read: number[] = [];
  const readMessages = messages.read.bind(messages);
  messages.read = (places) => {
    read.push(...places);
    return readMessages(places);
  };

  while (sent.flatMap((one) => one.texts).length < texts.length) {
    await answerAll(sent, offers.make(BOB), sent.length);
  }

  t.deepEqual(
    sent.flatMap((one) => one.texts),
    texts,
  );
  t.is(read.length, texts.length);
});

test('what is encrypted ahead and deleted meanwhile does not leave', async (t) => {
  const { offers, outbox, messages, sent, texts } = await startOffers(250, new KeptTexts(0));
  await answerAll(sent, offers.make(BOB), 0);
  const made = offers.make(BOB);
  await settle();
  const [last] = [...outbox.waitingFor(BOB)].slice(-1);
  if (last === undefined) return t.fail();

  outbox.take(BOB, last.s);
  await messages.remove(BOB.number, [last.s]);
  await answerAll(sent, made, 1);
  await answerAll(sent, offers.make(BOB), sent.length);

  t.deepEqual(
    sent.flatMap((one) => one.texts),
    texts.slice(0, -1),
  );
});
