import test from 'ava';
import type { ApiRoomEvent } from '../../daemon/wire/rooms-api.ts';
import { ApiError } from '../../gui/src/api.ts';
import { createRoomLog } from '../../gui/src/stores/room-log.ts';
import { createRoomLogs } from '../../gui/src/stores/room-logs.ts';
import { sampleDirectory, sampleSaid } from './fakes.ts';

/** The log of a room with so many events; its daemon may be away. */
function openLog(count: number) {
  const stored: ApiRoomEvent[] = Array.from({ length: count }, (_, i) => sampleSaid(i + 1));
  let isAway = false;
  const api = {
    events: async (
      _room: string,
      { before, after, limit }: { before?: number; after?: number; limit: number },
    ) => {
      if (isAway) throw new ApiError('unreachable', 'away');
      if (after !== undefined) {
        return stored.filter(({ seqnr }) => seqnr > after).slice(0, limit);
      }
      return stored.filter(({ seqnr }) => seqnr < (before ?? Infinity)).slice(-limit);
    },
  };
  const log = createRoomLog('lobby', api);
  return {
    log,
    api,
    stored,
    setAway: (value: boolean) => void (isAway = value),
    places: () => log.events.value.map(({ seqnr }) => seqnr),
  };
}

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

test('a room opens at its end, and older events come by pages', async (t) => {
  const { log, places } = openLog(300);

  await log.openNewest();
  t.deepEqual(places(), range(241, 300));
  await log.loadOlder();
  t.deepEqual(places(), range(41, 300));
  await log.loadOlder();

  t.deepEqual(places(), range(1, 300));
  t.false(log.hasOlder.value);
});

test('a room opens around an event, and goes on to both sides', async (t) => {
  const { log, places } = openLog(300);

  t.true(await log.openAround(150));
  t.deepEqual([places()[0], places().at(-1)], [90, 210]);
  t.true(log.hasNewer.value);
  await log.loadNewer();

  t.is(places().at(-1), 300);
  t.false(log.hasNewer.value);
  t.false(await log.openAround(999));
});

test('events that come while the first page is on its way are not lost', async (t) => {
  const { log, places } = openLog(5);

  const opening = log.openNewest();
  log.apply([sampleSaid(6)]);
  await opening;

  t.deepEqual(places(), range(1, 6));
});

test('an event that comes twice, or beyond what is shown, changes nothing', async (t) => {
  const { log, places } = openLog(300);
  await log.openAround(100);
  const before = places();

  log.apply([sampleSaid(301)]);
  log.apply([sampleSaid(100)]);

  t.deepEqual(places(), before);
});

test('what was missed while the connection was away is fetched', async (t) => {
  const { log, stored, places } = openLog(3);
  await log.openNewest();
  stored.push(sampleSaid(4), sampleSaid(5));

  await log.catchUp();

  t.deepEqual(places(), range(1, 5));
});

test('a page that can’t be had is said, and can be had again', async (t) => {
  const { log, setAway, places } = openLog(3);
  setAway(true);
  await log.openNewest();
  t.true(log.hasFailed.value);
  t.false(log.isLoaded.value);

  setAway(false);
  await log.openNewest();

  t.false(log.hasFailed.value);
  t.deepEqual(places(), [1, 2, 3]);
});

test('what others say is heard, what the owner says is not', (t) => {
  const heard: number[] = [];
  const { api } = openLog(0);
  const logs = createRoomLogs(api, ({ seqnr }) => heard.push(seqnr));

  logs.apply([{ type: 'set', value: null }]);
  logs.apply([{ type: 'emit', args: sampleSaid(1) }]);
  logs.apply([{ type: 'emit', args: sampleSaid(2, { origin: 'owner' }) }]);
  logs.apply([{ type: 'emit', args: sampleDirectory(3, ['Ann']) }]);
  logs.apply([{ type: 'emit', args: { type: 'MSG' } }]);

  t.deepEqual(heard, [1]);
  t.is(logs.directories.value.get('lobby'), 3);
});

test('an open room hears what is said in it', (t) => {
  const { api } = openLog(0);
  const logs = createRoomLogs(api, () => undefined);
  const log = logs.get('lobby');

  logs.apply([{ type: 'emit', args: sampleSaid(1) }]);
  logs.apply([{ type: 'emit', args: sampleSaid(1, { room: 'kitchen' }) }]);

  t.is(log.events.value.length, 1);
  logs.forget('lobby');
  t.not(logs.get('lobby'), log);
});
