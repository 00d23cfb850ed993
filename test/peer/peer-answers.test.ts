import test from 'ava';
import { ContactPressure } from '../../daemon/peer/contact-pressure.ts';
import { PeerAnswers, type Ruling } from '../../daemon/peer/peer-answers.ts';
import { decodePeerRequest, type WireMessage } from '../../daemon/wire/peer.ts';
import { FakeClock, settle } from '../helpers/fake-clock.ts';
import { BOB, BOBS_KEY, sendBody } from '../helpers/peer-world.ts';

/** What Bob, who has proved himself, is answered; a test says what becomes of his messages, one request after another. */
function startAnswers() {
  const waiting: { texts: readonly string[]; rule: (ruling: Ruling) => void }[] = [];
  const nothing = (): void => undefined;
  const answers = new PeerAnswers({
    contacts: { get: () => undefined, byIssuedKey: () => BOB },
    handshakes: { receive: () => Promise.resolve({ status: 0 }), noticeAt: nothing },
    inbox: {
      receive: (_hop, _host, messages: readonly WireMessage[]) =>
        new Promise((rule) => {
          waiting.push({ texts: messages.map(({ message }) => message), rule });
        }),
    },
    relay: { take: () => Promise.resolve(false), withdraw: () => Promise.resolve() },
    presence: { heardFrom: nothing },
    own: { isOwn: () => true },
    onUnproven: nothing,
    onClaimedAddress: nothing,
    pressure: new ContactPressure({ clock: new FakeClock(), lag: { ms: 0 } }),
  });
  const ask = (message: string) =>
    answers.answer(decodePeerRequest(sendBody(BOBS_KEY, { message })), {
      host: '127.0.0.8',
      isHostProven: false,
      proven: BOB,
      sizeBytes: 100,
      visit: { countStranger: nothing, refund: nothing },
    });
  return { ask, waiting };
}

test('what was under way behind something that found no room is not stored before it', async (t) => {
  const { ask, waiting } = startAnswers();

  const first = ask('first');
  const second = ask('second');
  await settle();
  waiting[0]?.rule({ accepted: [false], isHindered: true });
  const refused = await Promise.all([first, second]);
  const again = ask('first');
  await settle();
  waiting[1]?.rule({ accepted: [true] });

  t.deepEqual(
    refused.map((answer) => 'status' in answer && [answer.status, answer.error]),
    [
      [0, 'storage_full'],
      [0, 'storage_full'],
    ],
  );
  t.like(await again, { status: 1 });
  t.deepEqual(
    waiting.map(({ texts }) => texts),
    [['first'], ['first']],
  );
});
