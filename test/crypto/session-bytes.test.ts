import test from 'ava';
import fc from 'fast-check';
import {
  decodeSessions,
  decodeSessionsChange,
  encodeSessions,
  encodeSessionsChange,
} from '../../daemon/crypto/session-bytes.ts';
import { NO_SESSIONS, type PeerSessions } from '../../daemon/crypto/sessions.ts';
import { EvolvingSessions, happening } from '../helpers/evolving-sessions.ts';

/** Equal sessions are equal bytes. */
function textOf(sessions: PeerSessions): string {
  return Buffer.from(encodeSessions(sessions)).toString('hex');
}

test('sessions come back from their bytes', (t) => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const evolving = new EvolvingSessions();
      for (const what of happenings) evolving.let(what);

      const decoded = decodeSessions(encodeSessions(evolving.current));

      t.deepEqual(decoded, evolving.current);
    }),
    { numRuns: 100 },
  );
});

test('a change leads from the former sessions to the later ones, whatever happened in between', (t) => {
  const happenings = fc.array(happening, { maxLength: 40 });
  fc.assert(
    fc.property(happenings, happenings, (before, between) => {
      const evolving = new EvolvingSessions();
      for (const what of before) evolving.let(what);
      const former = evolving.current;
      for (const what of between) evolving.let(what);

      const change = encodeSessionsChange(former, evolving.current);

      // What is on the disk are other objects with the same bytes.
      const restored = decodeSessions(encodeSessions(former));
      t.is(textOf(decodeSessionsChange(restored, change)), textOf(evolving.current));
    }),
    { numRuns: 300 },
  );
});

test('a change by messages alone is small, however much else there is', (t) => {
  const evolving = new EvolvingSessions();
  for (let i = 0; i < 256; i++) evolving.let('answers');
  evolving.let('finishes');
  for (let i = 0; i < 900; i++) evolving.let('skips');
  for (let i = 0; i < 70; i++) evolving.let('turns');
  const former = evolving.current;
  for (const what of ['sends', 'receives', 'catches up', 'turns', 'skips', 'ages'] as const) {
    evolving.let(what);
  }

  const change = encodeSessionsChange(former, evolving.current);

  t.true(encodeSessions(former).byteLength > 80_000);
  t.true(change.byteLength < 600, `${change.byteLength}`);
});

test('a change of other sessions is refused', (t) => {
  const evolving = new EvolvingSessions();
  evolving.let('finishes');
  const former = evolving.current;
  evolving.let('sends');
  const change = encodeSessionsChange(former, evolving.current);

  t.throws(() => decodeSessionsChange(NO_SESSIONS, change), { instanceOf: RangeError });
  t.throws(() => decodeSessionsChange(former, change.subarray(0, -1)), { instanceOf: RangeError });
  t.throws(() => decodeSessionsChange(former, Uint8Array.of(2, ...change.subarray(1))), {
    instanceOf: RangeError,
  });
});
