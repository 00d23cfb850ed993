import test from 'ava';
import {
  accessKeyHint,
  authenticateRequest,
  authenticateResponse,
  isRequestGenuine,
  isResponseGenuine,
} from '../../daemon/crypto/hop-auth.ts';
import { sha256 } from '../../daemon/crypto/kdf.ts';
import { formatHopAuth, parseHopAuth } from '../../daemon/wire/e2e.ts';
import { alice, bob, mallory, oneBitChanges, pinned } from './pair.ts';
import { countedBytes } from './vectors.ts';

const toBob = pinned(alice, bob).hop;
const toAlice = pinned(bob, alice).hop;
const request = { method: 'POST', target: '/?a=1', body: Buffer.from('{"action":"ping"}') };
const response = { status: 200, body: Buffer.from('{"action":"pong"}') };

function ask() {
  return authenticateRequest(toBob, request, 'issued', countedBytes('hop'));
}

test('a request is genuine for whom it was made, over the header', (t) => {
  const received = parseHopAuth(formatHopAuth(ask()));

  t.true(isRequestGenuine(toAlice, received, request));
  t.deepEqual(received.keyHint, sha256('issued').slice(0, 8));
  t.deepEqual(accessKeyHint('issued'), received.keyHint);
});

test('before there is an access key, its place is empty', (t) => {
  const auth = authenticateRequest(toBob, request, undefined, countedBytes('hop'));

  t.true(formatHopAuth(auth).startsWith('v=1; k=; n='));
  t.is(parseHopAuth(formatHopAuth(auth)).keyHint, undefined);
});

test('a request is not genuine for others, nor when it is sent back', (t) => {
  t.false(isRequestGenuine(pinned(mallory, alice).hop, ask(), request));
  t.false(isRequestGenuine(toBob, ask(), request));
});

test('row 3: whatever is changed in a request, it is not genuine', (t) => {
  const auth = ask();
  const changed = [
    { ...request, method: 'GET' },
    { ...request, target: '/?a=2' },
    { ...request, method: 'POST /?a=1\n', target: '' },
    ...[...oneBitChanges(request.body)].map((body) => ({ ...request, body })),
  ];

  t.false(changed.some((one) => isRequestGenuine(toAlice, auth, one)));
});

test('row 3: whatever is changed in a MAC or nonce, it is not genuine', (t) => {
  const auth = ask();
  const changed = [
    ...[...oneBitChanges(auth.mac)].map((mac) => ({ ...auth, mac })),
    ...[...oneBitChanges(auth.nonce)].map((nonce) => ({ ...auth, nonce })),
    { ...auth, mac: auth.mac.slice(0, 31) },
  ];

  t.false(changed.some((one) => isRequestGenuine(toAlice, one, request)));
});

test('a response is genuine for the request that it answers, and no other', (t) => {
  const asked = ask();
  const auth = authenticateResponse(toAlice, asked, response);
  const other = { ...ask(), nonce: new Uint8Array(16) };

  t.true(isResponseGenuine(toBob, asked, { ...response, auth }));
  t.false(isResponseGenuine(toBob, other, { ...response, auth }));
  t.false(isResponseGenuine(toBob, other, { ...response, auth: { ...auth, nonce: other.nonce } }));
});

test('row 3: whatever is changed in a response, it is not genuine', (t) => {
  const asked = ask();
  const auth = authenticateResponse(toAlice, asked, response);
  const changed = [
    { ...response, auth, status: 201 },
    { ...response, auth: asked },
    ...[...oneBitChanges(response.body)].map((body) => ({ ...response, auth, body })),
    ...[...oneBitChanges(auth.mac)].map((mac) => ({ ...response, auth: { ...auth, mac } })),
  ];

  t.false(changed.some((one) => isResponseGenuine(toBob, asked, one)));
});

test('a request cannot be taken for a response, or our own for the peer’s', (t) => {
  const asked = ask();
  const own = authenticateResponse(toBob, asked, response);

  t.false(isResponseGenuine(toBob, asked, { ...response, auth: own }));
});
