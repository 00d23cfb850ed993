import test from 'ava';
import type { JsonObject } from '../../daemon/wire/topic.ts';
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

    const { fields } = await (await openTopics(t, daemon.hubUrl)).subscribe('board/count');
    t.is((fields['change'] as JsonObject)['value'], told);
  }

  const passing = await (await openTopics(t, daemon.hubUrl)).subscribe('passing', 'int');
  t.like(passing.fields, { change: { value: 0 } });
  t.deepEqual(daemon.defects, []);
});
