/** What encryption costs a message, step by step, beside what the plainest way would: node:crypto and tweetnacl. */
import { createHmac, randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import nacl from 'tweetnacl';
import { openBox, sealBox } from '../daemon/crypto/box.ts';
import { stepChain } from '../daemon/crypto/chain-step.ts';
import { createNodeDh } from '../daemon/crypto/dh.ts';
import { answerHandshake, finishHandshake, startHandshake } from '../daemon/crypto/handshake.ts';
import { authenticateRequest, type HopKeys } from '../daemon/crypto/hop-auth.ts';
import { openIdentity } from '../daemon/crypto/identity.ts';
import { hmac } from '../daemon/crypto/kdf.ts';
import { encodeSessionsChange } from '../daemon/crypto/session-bytes.ts';
import {
  decryptFrom,
  encryptFor,
  NO_SESSIONS,
  takeApart,
  withFinished,
  type PeerSessions,
} from '../daemon/crypto/sessions.ts';
import { systemRandom } from '../daemon/system.ts';
import { encodeInnerMessage } from '../daemon/wire/dr1-inner.ts';
import type { Table } from './table.ts';

const ROUNDS = 250;
const PER_ROUND = 80;
const SHORT_BYTES = 300;
const PADDED_BYTES = 256;
/** A request with 100 encrypted messages. */
const BODY_BYTES = 55_000;

const dh = createNodeDh();
const primitives = { dh, randomBytes: systemRandom.bytes };

/** Microseconds of one of the two, and of the plainest way to the same bytes where there is one. */
type Row = readonly [name: string, oursUs: number, referenceUs?: number];

export function benchCrypto(): Table {
  return {
    title: 'Encryption, microseconds each, the fastest of many rounds',
    columns: ['', 'here', 'node:crypto, tweetnacl'],
    rows: [...primitiveRows(), ...messageRows()].map(([name, ours, reference]) => [
      name,
      ours.toFixed(2),
      reference?.toFixed(2) ?? '–',
    ]),
  };
}

function primitiveRows(): readonly Row[] {
  const [key, nonce] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(24))];
  const short = new Uint8Array(randomBytes(SHORT_BYTES));
  const padded = new Uint8Array(PADDED_BYTES);
  const sealed = nacl.secretbox(padded, nonce, key);
  const body = randomBytes(BODY_BYTES);
  const keys: HopKeys = { toPeer: key, fromPeer: key };
  const request = { method: 'POST', target: '/', body };
  const referenceHmac = (text: Uint8Array): Buffer =>
    createHmac('sha256', key).update(text).digest();
  return [
    [
      'step of a chain: two HMACs of one byte',
      fastestUs(() => stepChain(key)),
      fastestUs(() => [referenceHmac(Uint8Array.of(1)), referenceHmac(Uint8Array.of(2))]),
    ],
    [
      `HMAC of ${SHORT_BYTES} bytes`,
      fastestUs(() => hmac(key, short)),
      fastestUs(() => referenceHmac(short)),
    ],
    [
      `secretbox of ${PADDED_BYTES} bytes, sealed`,
      fastestUs(() => sealBox(key, nonce, PADDED_BYTES, ignore, ignore)),
      fastestUs(() => nacl.secretbox(padded, nonce, key)),
    ],
    [
      `secretbox of ${PADDED_BYTES} bytes, opened`,
      fastestUs(() => openBox(key, nonce, sealed, ignore)),
      fastestUs(() => nacl.secretbox.open(sealed, nonce, key)),
    ],
    [
      `hop MAC of a body of ${BODY_BYTES} bytes`,
      fastestUs(() => authenticateRequest(keys, request, undefined, systemRandom.bytes)),
    ],
  ];
}

function ignore(): void {
  // What is measured is the way there.
}

/** The whole way of a message of 200 characters, on either side. */
function messageRows(): readonly Row[] {
  const { own, ends, ...sides } = meet();
  let { sender, reader } = sides;
  const writing = { ...primitives, ends, isStepPostponed: true };
  const reading = {
    dh,
    ends: { own: ends.peer, peer: ends.own },
    nowMs: 1,
    isDhAllowed: true,
    isKnown: () => false,
  };
  const id = Buffer.from(own).toString('base64url', 0, 16);
  const text = encodeInnerMessage({ id, type: 'msg', timestamp: 1, sequence: 1, text: TEXT });
  const plain = Buffer.from(text);
  const [sealUs, takeApartUs, openUs, saveUs]: [number[], number[], number[], number[]] = [
    [],
    [],
    [],
    [],
  ];
  for (let round = 0; round < ROUNDS; round++) {
    const messages: string[] = [];
    sealUs.push(
      onceUs(() => {
        const written = encryptFor(sender, plain, writing);
        if (written === undefined) throw new Error('no session');
        sender = written.sessions;
        messages.push(written.message);
      }),
    );
    takeApartUs.push(onceUs((i) => takeApart(messages[i] ?? '')));
    const former = reader;
    openUs.push(
      onceUs((i) => {
        const read = decryptFrom(reader, messages[i] ?? '', reading);
        if (read.kind !== 'read') throw new Error(read.kind);
        reader = read.sessions;
      }),
    );
    saveUs.push(onceUs(() => encodeSessionsChange(former, reader)));
  }
  return [
    ['message of 200 characters, sealed', Math.min(...sealUs)],
    ['message of 200 characters, opened', Math.min(...openUs)],
    ['of that: taken apart', Math.min(...takeApartUs)],
    ['change of a session, encoded for the disk', Math.min(...saveUs)],
  ];
}

const TEXT = 'x'.repeat(200);

type Met = Readonly<{
  sender: PeerSessions;
  reader: PeerSessions;
  own: Uint8Array;
  ends: Readonly<{ own: Uint8Array; peer: Uint8Array }>;
}>;

/** Two who have made a session. */
function meet(): Met {
  const [alice, bob] = [1, 2].map((byte) => openIdentity(new Uint8Array(32).fill(byte), dh));
  if (alice === undefined || bob === undefined) throw new Error('nobody');
  const accessKey = 'an access key';
  const { hs1, pending } = startHandshake(alice, { kind: 'unknown' }, accessKey, primitives);
  const stranger = { accessKey, pinned: undefined, isMacRequired: false, seenKeys: [] };
  const answered = answerHandshake(bob, hs1, stranger, primitives);
  if (answered.kind === 'refused') throw new Error(answered.reason);
  const finished = finishHandshake(alice, pending, answered.hs2, { pinned: undefined, dh });
  if (finished.kind === 'refused') throw new Error(finished.reason);
  const made = { way: 'direct', nowMs: 1 } as const;
  return {
    sender: withFinished(NO_SESSIONS, { ...made, state: finished.state }),
    reader: withFinished(NO_SESSIONS, { ...made, state: answered.state }),
    own: alice.fingerprint,
    ends: { own: alice.fingerprint, peer: bob.fingerprint },
  };
}

function fastestUs(run: () => unknown): number {
  return Math.min(...Array.from({ length: ROUNDS }, () => onceUs(run)));
}

/** Microseconds of one run, on the average of a round. */
function onceUs(run: (index: number) => unknown): number {
  const startedAt = performance.now();
  for (let i = 0; i < PER_ROUND; i++) run(i);
  return ((performance.now() - startedAt) * 1000) / PER_ROUND;
}
