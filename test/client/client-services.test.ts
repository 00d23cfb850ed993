/** docs/client.md#services: how a service stays offered, frame by frame. */
import test from 'ava';
import { ClientServices } from '../../gui/client/client-services.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

/** A client that offers one service, and the names that it has asked the daemon for. */
function offering() {
  const clock = new FakeClock();
  const registered: number[] = [];
  let isConnected = true;
  const services = new ClientServices({
    send: (text) => {
      const { type, content } = JSON.parse(text) as {
        type: string;
        content: { request_id: number };
      };
      if (type === 'register_service') registered.push(content.request_id);
    },
    isConnected: () => isConnected,
    clock: {
      nowMs: () => clock.nowMs(),
      after: (delayMs, run) => {
        const timer = clock.after(delayMs, run);
        return () => timer.cancel();
      },
      fraction: () => 0,
    },
  });
  const hear = (outcome: Parameters<ClientServices['hearResponse']>[1]): void => {
    services.hearResponse(registered.at(-1) ?? 0, outcome);
  };
  return {
    ...{ clock, services, registered },
    agree: () => hear({ response: true }),
    refuse: () => hear({ code: 'refused', message: 'somebody provides it already' }),
    reconnect: () => {
      isConnected = false;
      services.lose();
      isConnected = true;
      services.connect();
    },
  };
}

test('a name that our own dead line still holds is asked for until it is free, and then no more', async (t) => {
  const { services, clock, registered, agree, refuse, reconnect } = offering();
  const { ready } = services.provide('sum', () => 0);
  agree();
  await ready;

  reconnect();
  refuse();
  reconnect();
  t.is(registered.length, 3);
  agree();
  clock.advance(60_000);
  t.is(registered.length, 3);

  reconnect();
  refuse();
  clock.advance(60_000);
  t.is(registered.length, 5);
  agree();
  clock.advance(60_000);
  t.is(registered.length, 5);
});

test('a connection that is closed leaves no timer behind', async (t) => {
  const { services, clock, agree, refuse, reconnect } = offering();
  services.provide('sum', () => 0);
  agree();
  reconnect();
  refuse();
  const call = services.call('sum', 1);

  services.close();

  await t.throwsAsync(call, { message: /closed/ });
  t.is(clock.waiting, 0);
});

test('what the daemon says of a name that was given up is not taken for what follows', async (t) => {
  const { services, agree, refuse } = offering();
  const first = services.provide('sum', () => 0);
  first.remove();
  const second = services.provide('sum', () => 1);
  services.hearResponse(1, { code: 'refused', message: 'somebody provides it already' });
  agree();

  await second.ready;
  refuse();
  t.pass();
});
