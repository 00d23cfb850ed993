import test from 'ava';
import type { PeerSessions } from '../../daemon/crypto/sessions.ts';
import { encryptFor, NO_SESSIONS, withFinished } from '../../daemon/crypto/sessions.ts';
import { KeyReservations } from '../../daemon/domain/key-reservations.ts';
import { alice, bob, meet, openPrimitives, writing } from '../crypto/pair.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const primitives = openPrimitives('key reservations');
const CONTACT = 1;

/** Sessions that can write, after a first message. */
function startWriting(): PeerSessions {
  const { alice: state } = meet(primitives);
  return write(withFinished(NO_SESSIONS, { state, way: 'direct', nowMs: 0 }));
}

function write(sessions: PeerSessions, count = 1): PeerSessions {
  let next = sessions;
  for (let i = 0; i < count; i++) {
    const written = encryptFor(next, Buffer.from('text'), writing(alice, bob, primitives));
    if (written === undefined) throw new Error('no session to write on');
    next = written.sessions;
  }
  return next;
}

function isZero(bytes: Uint8Array | undefined): boolean | undefined {
  return bytes?.every((byte) => byte === 0);
}

test('keys of what was written are forgotten, also the last ones that were given away', (t) => {
  const reservations = new KeyReservations(new FakeClock());
  const { prepared, done } = reservations.reserve(CONTACT, startWriting());
  done();
  const keys = prepared.current?.state.sending?.made?.keys;

  const some = write(prepared, 3);
  reservations.used(CONTACT, some);
  t.true(isZero(keys?.subarray(0, 3 * 64)));
  t.false(isZero(keys?.subarray(3 * 64, 4 * 64)));

  const all = write(some, 5);
  t.true(reservations.covers(CONTACT, all));
  reservations.used(CONTACT, all);
  t.true(isZero(keys));
  t.false(reservations.covers(CONTACT, write(all)));
});

test('whoever goes back to before what was forgotten writes with the same keys', (t) => {
  const reservations = new KeyReservations(new FakeClock());
  const { prepared, done } = reservations.reserve(CONTACT, startWriting());
  done();
  const after = write(prepared, 2);

  reservations.forget(CONTACT);

  const again = write(prepared, 2);
  t.deepEqual(again.current?.state.sending?.key, after.current?.state.sending?.key);
});
