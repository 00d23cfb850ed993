import test from 'ava';
import { Pace } from '../../gui/client/pace.ts';
import { FRAME_RATE } from '../../daemon/http/socket-line.ts';
import { TokenBucket } from '../../daemon/http/rate-limit.ts';
import { createManualClock } from '../gui/fakes.ts';

function startPace() {
  const clock = createManualClock();
  const daemon = new TokenBucket(FRAME_RATE, clock.nowMs);
  const sent: string[] = [];
  const refused: string[] = [];
  const pace = new Pace(clock, (text) => (daemon.take() ? sent : refused).push(text));
  return { clock, pace, sent, refused };
}

test('more than a daemon takes at once waits, keeps its order, and is not refused', (t) => {
  const { clock, pace, sent, refused } = startPace();
  const texts = Array.from({ length: 400 }, (_, at) => String(at));

  for (const text of texts) pace.send(text);
  const atOnce = sent.length;
  for (let passed = 0; passed < 10_000; passed += 25) clock.advance(25);

  t.true(atOnce > 100 && atOnce < 200);
  t.deepEqual(sent, texts);
  t.deepEqual(refused, []);
});

test('what waits is forgotten with the connection', (t) => {
  const { clock, pace, sent } = startPace();
  for (let at = 0; at < 400; at++) pace.send(String(at));
  const before = sent.length;

  pace.clear();
  clock.advance(10_000);
  pace.send('anew');

  t.deepEqual(sent.slice(before), ['anew']);
});
