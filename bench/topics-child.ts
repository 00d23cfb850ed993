/** Subscribers and authors of one topic in a process: `URL SUBSCRIBERS AUTHORS`. */
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { sharedNowMs } from './crowd.ts';
import { RawSocket } from './raw-socket.ts';

const TOPIC = 'board';
const TEXT = 'x'.repeat(60);
/** Of so many deliveries one is looked into. */
const SAMPLED = 25;
const AT = Buffer.from('"at":');

export type TopicsLoad = Readonly<{ updatesPerSecond: number; seconds: number }>;
export type TopicsResult = Readonly<{
  sent: number;
  deliveries: number;
  latenciesMs: readonly number[];
}>;

const [address = '', subscribers, authors] = process.argv.slice(2);
const url = new URL(address);
let deliveries = 0;
let latenciesMs: number[] = [];
let refusal: string | undefined;

function take(payload: Buffer): void {
  if (payload.includes('reject')) refusal = payload.toString();
  deliveries += 1;
  if (deliveries % SAMPLED !== 0) return;
  const at = payload.indexOf(AT);
  if (at === -1) return;
  const sentAtMs = Number.parseFloat(payload.toString('latin1', at + AT.length, at + 40));
  latenciesMs.push(sharedNowMs() - sentAtMs);
}

async function open(onText: (payload: Buffer) => void): Promise<RawSocket> {
  const socket = new RawSocket(url, onText);
  await socket.opened();
  return socket;
}

for (let at = 0; at < Number(subscribers); at++) {
  const socket = await open(take);
  socket.send({ type: 'subscribe', content: { topic_name: TOPIC, type: 'generic' } });
}
const writers: RawSocket[] = [];
for (let at = 0; at < Number(authors); at++) writers.push(await open(() => undefined));
console.log('in');

for await (const line of createInterface({ input: process.stdin })) {
  const { updatesPerSecond, seconds } = JSON.parse(line) as TopicsLoad;
  deliveries = 0;
  latenciesMs = [];
  const count = writers.length === 0 ? 0 : Math.floor(updatesPerSecond * seconds);
  const beganMs = performance.now();
  for (let sent = 0; sent < count; sent++) {
    const waitMs = beganMs + (sent * 1000) / updatesPerSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const change = { type: 'set', value: { at: sharedNowMs(), text: TEXT } };
    writers[sent % writers.length]?.send({
      type: 'update',
      content: { topic_name: TOPIC, change },
    });
  }
  const leftMs = beganMs + seconds * 1000 - performance.now();
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)));
  if (refusal !== undefined) throw new Error(refusal);
  console.log(JSON.stringify({ sent: count, deliveries, latenciesMs } satisfies TopicsResult));
}
process.exit(0);
