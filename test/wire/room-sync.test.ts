import test from 'ava';
import fc from 'fast-check';
import { WireError } from '../../daemon/wire/check.ts';
import { decodeCheckAnswer, encodeCheckAnswer } from '../../daemon/wire/room-sync-answer.ts';
import { decodeCheck, encodeCheck } from '../../daemon/wire/room-sync-check.ts';
import {
  ALL_EQUAL,
  type CheckAnswer,
  type Repair,
  type RoomCheck,
  type SyncClaim,
  type SyncEvent,
} from '../../daemon/wire/room-sync.ts';
import { escapeField, joinFields, splitFields } from '../../daemon/wire/sync-fields.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((one) => !/\p{Cs}/u.test(one));
const awkward = fc.string({
  unit: fc.constantFrom('|', '\\', '\n', 'p', 'n', ':', ' ', '\r', 'ж'),
  maxLength: 20,
});
const field = fc.oneof(text, awkward);
const uid = fc.stringMatching(/^[A-Za-z0-9_-]{1,22}$/);
const user = field.filter((one) => one !== '' && !/^[ \t]/.test(one));
const hash = fc.stringMatching(/^[0-9a-f]{40}$/);
const count = fc.nat();
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });

const claim: fc.Arbitrary<SyncClaim> = fc.oneof(
  fc.record({
    kind: fc.constant('mb' as const),
    ...{ uid: user, user, room: uid, invite: uid },
    role: fc.constantFrom('member', 'admin', 'banned'),
  }),
  fc.record({ kind: fc.constant('mx' as const), uid: user }),
  fc.record({
    kind: fc.constant('ms' as const),
    ...{ uid, from: user, to: field, room: uid, at: time, text: field },
  }),
);
const repair: fc.Arbitrary<Repair> = fc.oneof(
  fc.record({ seqnr: count, uid: fc.constant(undefined), at: fc.constant(undefined) }),
  fc.record({ seqnr: count, uid, at: fc.option(time, { nil: undefined }) }),
);
const check: fc.Arbitrary<RoomCheck> = fc.record({
  me: fc.option(fc.record({ address: uid, accessKey: field }), { nil: undefined }),
  servers: fc.option(hash, { nil: undefined }),
  sessions: fc.option(hash, { nil: undefined }),
  ownSessions: fc.option(fc.record({ server: uid, hash }), { nil: undefined }),
  rooms: fc.option(hash, { nil: undefined }),
  claims: fc.array(claim, { maxLength: 5 }),
  cursor: fc.option(count, { nil: undefined }),
  repairs: fc.array(fc.tuple(uid, repair), { maxLength: 3 }).map((entries) => new Map(entries)),
});
const frame = { room: uid, uid, at: time, seqnr: fc.integer({ min: 1, max: 1e9 }) };
const said = field.filter((text) => text !== '');
const event: fc.Arbitrary<SyncEvent> = fc.oneof(
  fc.record({ ...frame, type: fc.constant('MSG' as const), from: said, body: said }),
  fc.record({
    ...{ ...frame, type: fc.constant('DIR' as const), from: fc.constant('') },
    body: fc.array(said).map((users) => JSON.stringify(users)),
  }),
);
const hashes = fc.option(
  fc.array(fc.tuple(uid, hash), { maxLength: 3 }).map((entries) => new Map(entries)),
  { nil: undefined },
);
const answer: fc.Arbitrary<CheckAnswer> = fc.record({
  ...{ rooms: hashes, sessions: hashes },
  servers: fc.option(hash, { nil: undefined }),
  verdicts: fc.array(
    fc.oneof(
      fc.record({ uid, isDone: fc.constant(true as const) }),
      fc.record({
        uid,
        isDone: fc.constant(false as const),
        reason: field,
        code: fc.constant('banned'),
      }),
    ),
    { maxLength: 3 },
  ),
  events: fc.array(event, { maxLength: 3 }),
  cursor: fc.option(count, { nil: undefined }),
});

test('fields come through whatever is in them', (t) => {
  fc.assert(
    fc.property(fc.array(field, { minLength: 1 }), (fields) => {
      const line = joinFields(...fields);
      t.false(line.includes('\n'));
      t.deepEqual(splitFields(line), fields);
    }),
  );
  t.is(escapeField('a|b\\c\nd'), 'a\\pb\\\\c\\nd');
});

test('a check comes through', (t) => {
  fc.assert(fc.property(check, (one) => void t.deepEqual(decodeCheck(encodeCheck(one)), one)));
});

test('an answer comes through', (t) => {
  fc.assert(
    fc.property(answer, (one) => void t.deepEqual(decodeCheckAnswer(encodeCheckAnswer(one)), one)),
  );
});

test('an answer that says that all is equal is empty', (t) => {
  t.is(encodeCheckAnswer(ALL_EQUAL), '');
  t.is(decodeCheckAnswer(''), ALL_EQUAL);
});

test('lines as the source document writes them are read, and unknown ones passed over', (t) => {
  const known = 'a'.repeat(40);
  const lines = [`ss:\t${known}`, `cr: ${known}|more`, 'xx: what', '', 'no colon'].join('\n');

  const one = decodeCheck(lines);

  t.like(one, { servers: known, rooms: known, sessions: undefined });
});

for (const [what, line] of [
  ['a hash of another length', 'ss: abc'],
  ['a membership without a role', 'mb: a|b|c'],
  ['a role that there is not', 'mb: a|b|c|king'],
  ['a time that there is not', 'ms: a|b|*|c|2026-13-01T00:00:00Z|hello'],
  ['a cursor that is no number', 'at: *|-1'],
  ['an event of a time that there is not', 'at: a|3|b|yesterday'],
  ['an escape that there is not', 'mx: a\\x'],
  ['an escape that ends early', 'mx: a\\'],
] as const) {
  test(`${what} is refused`, (t) => {
    t.throws(() => decodeCheck(line), { instanceOf: WireError, code: 'bad_request' });
  });
}

/** A sound text of either kind, a piece of which was replaced. */
const mangled = fc
  .tuple(
    fc.oneof(check.map(encodeCheck), answer.map(encodeCheckAnswer)),
    fc.nat(),
    fc.nat({ max: 6 }),
    fc.oneof(field, fc.string({ unit: 'binary', maxLength: 6 })),
  )
  .map(([sound, at, length, piece]) => {
    const start = at % (sound.length + 1);
    return sound.slice(0, start) + piece + sound.slice(start + length);
  });

test('a check that was mangled is refused, or understood and said again', (t) => {
  const ends = { understood: 0, refused: 0 };

  fc.assert(
    fc.property(fc.oneof({ arbitrary: mangled, weight: 4 }, field), (garbage) => {
      const sayings = [
        understand(() => decodeCheck(garbage), encodeCheck, decodeCheck),
        understand(() => decodeCheckAnswer(garbage), encodeCheckAnswer, decodeCheckAnswer),
      ];
      for (const saying of sayings) {
        if (saying === undefined) ends.refused += 1;
        else {
          ends.understood += 1;
          t.deepEqual(saying.again, saying.value);
        }
      }
    }),
    { numRuns: 300 },
  );

  t.true(ends.understood > 0);
  t.true(ends.refused > 0);
});

/** A value, and what comes of saying it again; `undefined` for what is refused as it should be. */
function understand<Value>(
  read: () => Value,
  encode: (value: Value) => string,
  decode: (text: string) => Value,
): Readonly<{ value: Value; again: Value }> | undefined {
  let value: Value;
  try {
    value = read();
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
  return { value, again: decode(encode(value)) };
}
