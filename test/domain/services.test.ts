/** docs/topics.md#services, frame by frame. */
import test from 'ava';
import {
  CALL_TIMEOUT_MS,
  CLIENT_MAX_CALLS,
  CLIENT_MAX_SERVICES,
} from '../../daemon/domain/services.ts';
import { TopicHub } from '../../daemon/domain/topics.ts';
import type { ClientFrame, ServerFrame } from '../../daemon/wire/topic.ts';
import { FakeClock, settle } from '../helpers/fake-clock.ts';

type Heard = { readonly id: string; readonly frames: ServerFrame[] };

function world() {
  const clock = new FakeClock();
  let made = 0;
  const hub = new TopicHub({ clock, createId: () => `own-${++made}`, onDefect: () => undefined });
  const come = (id: string) => {
    const client = {
      id,
      frames: [] as ServerFrame[],
      receive: (frame: ServerFrame) => void client.frames.push(frame),
    };
    hub.join(client);
    client.frames.length = 0;
    return {
      client,
      say: (frame: ClientFrame) => hub.handle(client, frame),
      leave: () => hub.leave(client),
    };
  };
  return { clock, come };
}

/** What the provider was asked last. */
function asked({ frames }: Heard): Extract<ServerFrame, { type: 'request' }> {
  const frame = frames.at(-1);
  if (frame?.type !== 'request') throw new Error('nobody asked');
  return frame;
}

const SUM = { type: 'register_service', service: 'sum' } as const;
const CALL = { type: 'request', service: 'sum', args: [1, 2], requestId: 'a' } as const;

test('a request reaches the provider under another id, and its answer the caller under his own', (t) => {
  const { come } = world();
  const [provider, caller] = [come('p'), come('c')];
  provider.say(SUM);

  caller.say(CALL);
  const request = asked(provider.client);
  provider.say({ type: 'response', response: 3, requestId: request.requestId });

  t.deepEqual(request, { ...CALL, requestId: request.requestId });
  t.not(request.requestId, 'a');
  t.deepEqual(caller.client.frames, [{ type: 'response', response: 3, requestId: 'a' }]);
});

test('row 35: an answer counts once, and from nobody but the provider', (t) => {
  const { come } = world();
  const [provider, caller, eve] = [come('p'), come('c'), come('e')];
  provider.say(SUM);
  caller.say(CALL);
  const { requestId } = asked(provider.client);

  eve.say({ type: 'response', response: 'forged', requestId });
  caller.say({ type: 'response', response: 'forged', requestId: 'a' });
  provider.say({ type: 'response', response: 3, requestId });
  provider.say({ type: 'response', response: 4, requestId });

  t.deepEqual(caller.client.frames, [{ type: 'response', response: 3, requestId: 'a' }]);
});

test('row 35: nobody takes a name that somebody provides, or one of the daemon', async (t) => {
  const { come } = world();
  const [provider, eve] = [come('p'), come('e')];
  provider.say(SUM);
  eve.say({ type: 'subscribe', topic: '_chatroom/client_message/e', topicType: 'string' });
  await settle();
  eve.client.frames.length = 0;

  eve.say(SUM);
  eve.say({ type: 'unregister_service', service: 'sum' });
  eve.say({ type: 'register_service', service: '_chatroom/validate_change' });

  const told = eve.client.frames.map((frame) => frame.type === 'update' && frame.change);
  t.like(told, [
    { value: 'somebody provides sum already' },
    { value: 'you do not provide sum' },
    { value: 'you may not judge changes' },
  ]);
  eve.say({ ...CALL, requestId: 7 });
  t.is(asked(provider.client).service, 'sum');
});

test('a service that nobody provides is answered at once', (t) => {
  const { come } = world();
  const caller = come('c');

  caller.say({ ...CALL, requestId: 7 });

  const error = { code: 'unknown_service', message: 'nobody provides sum' } as const;
  t.deepEqual(caller.client.frames, [{ type: 'response', error, requestId: 7 }]);
});

test('a provider that leaves takes its services along, and who waits hears of it', (t) => {
  const { come, clock } = world();
  const [provider, caller] = [come('p'), come('c')];
  provider.say(SUM);
  caller.say(CALL);

  provider.leave();
  caller.say({ ...CALL, requestId: 'b' });

  t.like(caller.client.frames, [
    { requestId: 'a', error: { code: 'provider_gone' } },
    { requestId: 'b', error: { code: 'unknown_service' } },
  ]);
  t.is(clock.waiting, 0);
});

test('a provider that unregisters may still answer what it was asked', (t) => {
  const { come } = world();
  const [provider, caller] = [come('p'), come('c')];
  provider.say(SUM);
  caller.say(CALL);
  const { requestId } = asked(provider.client);

  provider.say({ type: 'unregister_service', service: 'sum' });
  provider.say({ type: 'response', response: 3, requestId });

  t.deepEqual(caller.client.frames, [{ type: 'response', response: 3, requestId: 'a' }]);
});

test('a request that nobody answers ends after 30 s; the late answer is nobody’s', (t) => {
  const { come, clock } = world();
  const [provider, caller] = [come('p'), come('c')];
  provider.say(SUM);
  caller.say(CALL);
  const { requestId } = asked(provider.client);

  clock.advance(CALL_TIMEOUT_MS - 1);
  t.deepEqual(caller.client.frames, []);
  clock.advance(1);
  provider.say({ type: 'response', response: 3, requestId });

  t.is(caller.client.frames.length, 1);
  t.like(caller.client.frames, [{ requestId: 'a', error: { code: 'timeout' } }]);
});

test('a caller that leaves waits for nothing any more', (t) => {
  const { come, clock } = world();
  const [provider, caller] = [come('p'), come('c')];
  provider.say(SUM);
  caller.say(CALL);
  const { requestId } = asked(provider.client);

  caller.leave();
  provider.say({ type: 'response', response: 3, requestId });

  t.deepEqual(caller.client.frames, []);
  t.is(clock.waiting, 0);
});

test('a client has a limit of requests under way, and one of services', (t) => {
  const { come } = world();
  const [provider, caller] = [come('p'), come('c')];
  provider.say(SUM);

  for (let sent = 0; sent <= CLIENT_MAX_CALLS; sent++) caller.say({ ...CALL, requestId: sent });
  for (let made = 0; made < CLIENT_MAX_SERVICES; made++) {
    provider.say({ type: 'register_service', service: `s${made}` });
  }
  caller.say({ ...CALL, service: `s${CLIENT_MAX_SERVICES - 1}`, requestId: 'over' });

  t.like(caller.client.frames, [
    { requestId: CLIENT_MAX_CALLS, error: { code: 'too_many_requests' } },
    { requestId: 'over', error: { code: 'unknown_service' } },
  ]);
});

test('who registers with a request id is answered', (t) => {
  const { come } = world();
  const [one, other] = [come('p'), come('q')];

  one.say({ ...SUM, requestId: 1 });
  other.say({ ...SUM, requestId: 2 });

  t.deepEqual(one.client.frames, [{ type: 'response', response: true, requestId: 1 }]);
  const error = { code: 'refused', message: 'somebody provides sum already' } as const;
  t.deepEqual(other.client.frames, [{ type: 'response', error, requestId: 2 }]);
});

test('a provider may say that it could not do it', (t) => {
  const { come } = world();
  const [provider, caller] = [come('p'), come('c')];
  provider.say(SUM);
  caller.say(CALL);

  const { requestId } = asked(provider.client);
  provider.say({ type: 'response', failure: 'no such number', requestId });

  const error = { code: 'failed', message: 'no such number' } as const;
  t.deepEqual(caller.client.frames, [{ type: 'response', error, requestId: 'a' }]);
});
