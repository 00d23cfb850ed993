import test from 'ava';
import fc from 'fast-check';
import { RoomEventColumns } from '../../daemon/stores/room-event-columns.ts';
import { RoomEventIndex } from '../../daemon/stores/room-event-index.ts';

const ROOMS = ['q3Vx0mJ2S8m1o4kTqv7cGA', '0oQ3kq2aT5K8r1mN9cXy4w', 'AAAAAAAAAAAAAAAAAAAAAA'];

const steps = fc.array(
  fc.record({
    room: fc.constantFrom(...ROOMS),
    /** Numbers that are left out before this one, as damaged lines leave them. */
    lost: fc.nat({ max: 2 }),
    kind: fc.constantFrom('DIR', 'guest', 'owner'),
    /** What happens to the segments after it. */
    then: fc.constantFrom('nothing', 'nothing', 'sealed', 'resumed'),
  }),
  { maxLength: 40 },
);

/** All that an index answers. */
function answers(index: RoomEventIndex): unknown {
  return ROOMS.map((room) => ({
    last: index.lastSeqnr(room),
    directory: index.lastDirectory(room),
    message: index.lastMessage(room),
    unread: [0, 1, 5, 20].map((after) => index.countForeign(room, after)),
    places: index.places(room, 1, 100),
    some: index.places(room, 3, 7),
    found: ['uid-1', 'uid-7', 'none'].map((uid) => index.candidates(room, uid)),
  }));
}

test('an index made of columns that were kept answers as one that saw every record', (t) => {
  fc.assert(
    fc.property(steps, (script) => {
      const whole = new RoomEventIndex(1);
      const parts = new RoomEventIndex(1);
      const last = new Map<string, number>();
      for (const [index, { room, lost, kind, then }] of script.entries()) {
        const seqnr = (last.get(room) ?? 0) + 1 + lost;
        last.set(room, seqnr);
        const frame = { k: 'ev', r: room, q: seqnr, id: `uid-${seqnr}`, at: 1 };
        const record =
          kind === 'DIR'
            ? { ...frame, u: ['x'] }
            : { ...frame, f: 'x', m: 'y', ...(kind === 'owner' ? { o: 'owner' } : {}) };
        const s = index + 1;
        whole.apply(record, s);
        parts.apply(record, s);
        const kept = RoomEventColumns.of(parts.sections());
        if (then === 'sealed') parts.adopt(kept);
        if (then === 'resumed') parts.resume(kept);
        t.deepEqual(answers(parts), answers(whole));
      }
    }),
    { numRuns: 60, seed: 20_261_121 },
  );
});

test('segments that were written anew as one answer as before', (t) => {
  const index = new RoomEventIndex(1);
  const [room = ''] = ROOMS;
  const sealed: RoomEventColumns[] = [];
  const whole = index.createColumns();
  for (let s = 1; s <= 6; s++) {
    const record = { k: 'ev', r: room, q: s, id: `uid-${s}`, at: 1, f: 'x', m: 'y' };
    index.apply(record, s);
    whole.apply(record, s);
    if (s % 2 !== 0) continue;
    const columns = RoomEventColumns.of(index.sections());
    index.adopt(columns);
    sealed.push(columns);
  }
  const before = answers(index);

  index.replace(sealed, RoomEventColumns.of(whole.sections()));

  t.deepEqual(answers(index), before);
});

test('columns that make no sense are columns without events', (t) => {
  const columns = RoomEventColumns.of({ roomFirsts: 'x', roomUids: Uint16Array.of(1) });

  t.is(columns.roomCount, 0);
});
