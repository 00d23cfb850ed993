import test from 'ava';
import type { JsonObject } from '../../daemon/wire/topic.ts';
import { connect } from '../../gui/client-node/client.ts';
import { openNodeSocket } from '../../gui/client-node/open-node-socket.ts';
import { startDaemonProcess } from '../helpers/daemon-process.ts';
import { openTopics } from '../helpers/spoken-topics.ts';

const HUB = { VESTNIK_HUB_LISTEN: '127.0.0.1:0', VESTNIK_HUB_DURABLE_TOPICS: 'board/*' };
const KILLS = 2;
const BEFORE_KILL = 60;

test('row 8: a kill loses no change of a durable topic that was told', async (t) => {
  const daemon = await startDaemonProcess(t, { nick: 'Ann', environment: HUB });
  let told = 0;

  for (let round = 0; round < KILLS; round++) {
    const guest = await openTopics(t, daemon.hubUrl);
    await guest.subscribe('board/count', 'int');
    await guest.subscribe('passing', 'int');
    await guest.change('passing', { type: 'add', value: 1 });
    for (let made = 0; made < BEFORE_KILL; made++) {
      t.is((await guest.change('board/count', { type: 'add', value: 1 })).type, 'update');
      told++;
    }
    await daemon.kill();
    await daemon.start();

    const back = await openTopics(t, daemon.hubUrl);
    t.not(back.run, guest.run);
    const { fields } = await back.subscribe('board/count');
    t.is((fields['change'] as JsonObject)['value'], told);
  }

  const passing = await (await openTopics(t, daemon.hubUrl)).subscribe('passing', 'int');
  t.like(passing.fields, { change: { value: 0 } });
  t.deepEqual(daemon.defects, []);
});

test('of what a client had on its way when the daemon was killed, all counts and nothing twice', async (t) => {
  const daemon = await startDaemonProcess(t, { nick: 'Ann', environment: HUB });
  const client = connect({
    url: daemon.hubUrl,
    // Every start has another port.
    openSocket: (request, events) =>
      openNodeSocket(
        { ...request, url: `${daemon.hubUrl.replace('http', 'ws')}/chatroom` },
        events,
      ),
  });
  t.teardown(() => client.close());
  const count = client.topic('board/count', 'int');
  await count.ready;

  const sent = Array.from({ length: BEFORE_KILL }, () => count.add(1));
  await sent[BEFORE_KILL / 3];
  await daemon.kill();
  await daemon.start();
  client.retryNow();
  await Promise.all(sent);

  t.is(count.value, BEFORE_KILL);
  t.deepEqual(daemon.defects, []);
});
