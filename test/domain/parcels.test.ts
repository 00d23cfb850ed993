/** Which waiting messages share an envelope. */
import test from 'ava';
import fc from 'fast-check';
import type { StoredMessage } from '../../daemon/domain/model.ts';
import { packParcels, type Offered, type Parcel } from '../../daemon/domain/parcels.ts';
import { toWaiting, type SealedMessage } from '../../daemon/domain/waiting.ts';
import { BUNDLE_MAX_BYTES, BUNDLE_MAX_MESSAGES } from '../../daemon/wire/dr1-inner.ts';

const LIVE = 'live';
const DEAD = 'dead';

/** A message that says how many bytes it takes. */
function offer(s: number, sizeBytes: number, sealed?: SealedMessage): Offered {
  const waiting = toWaiting({ conversation: 1, s, state: 'queued', sizeBytes, at: 0 });
  waiting.sealed = sealed;
  const said: object = { s, text: 'x'.repeat(sizeBytes) };
  return { waiting, message: said as StoredMessage };
}

function pack(offered: readonly Offered[], isBundling = true): readonly Parcel[] {
  return packParcels(offered, {
    isAlive: (sessionId) => sessionId === LIVE,
    textOf: ({ text }) => text,
    isBundling,
  });
}

/** The places in the journal, parcel by parcel; those of what stays sealed are negative. */
function placesIn(parcels: readonly Parcel[]): readonly (readonly number[])[] {
  return parcels.map(({ members, sealed }) =>
    members.map(({ message }) => (sealed === undefined ? message.s : -message.s)),
  );
}

function sealedFor(sessionId: string, messages: number): SealedMessage {
  return { message: 'sealed', sessionId, messages };
}

test('messages share an envelope with a contact that can read it, and with no other', (t) => {
  const offered = [1, 2, 3].map((s) => offer(s, 10));

  t.deepEqual(placesIn(pack(offered)), [[1, 2, 3]]);
  t.deepEqual(placesIn(pack(offered, false)), [[1], [2], [3]]);
});

test('a bundle takes as many bytes and messages as it may', (t) => {
  const large = [1, 2, 3, 4].map((s) => offer(s, BUNDLE_MAX_BYTES / 2 - 1));
  const many = Array.from({ length: BUNDLE_MAX_MESSAGES + 1 }, (_, s) => offer(s, 1));
  const huge = [offer(1, 10), offer(2, BUNDLE_MAX_BYTES * 2), offer(3, 10)];

  t.deepEqual(placesIn(pack(large)), [
    [1, 2],
    [3, 4],
  ]);
  t.deepEqual(
    pack(many).map(({ members }) => members.length),
    [BUNDLE_MAX_MESSAGES, 1],
  );
  t.deepEqual(placesIn(pack(huge)), [[1], [2], [3]]);
});

test('a bundle that was sealed leaves as it is, if all of it leaves', (t) => {
  const sealed = sealedFor(LIVE, 2);
  const both = [offer(2, 10, sealed), offer(3, 10, sealed)];
  const offered = [offer(1, 10), ...both, offer(4, 10)];

  t.deepEqual(placesIn(pack(offered)), [[1], [-2, -3], [4]]);
  t.deepEqual(placesIn(pack(offered.filter(({ message }) => message.s !== 3))), [[1, 2, 4]]);
  t.deepEqual(placesIn(pack(offered, false)), [[1], [2], [3], [4]]);
});

test('what was sealed alone stays so; what nobody can read any more is sealed anew', (t) => {
  const dead = sealedFor(DEAD, 2);
  const offered = [
    offer(1, 10, dead),
    offer(2, 10, dead),
    offer(3, 10, sealedFor(LIVE, 1)),
    offer(4, 10, sealedFor(LIVE, 1)),
  ];

  t.deepEqual(placesIn(pack(offered)), [[1, 2], [-3], [-4]]);
  t.deepEqual(placesIn(pack(offered, false)), [[1], [2], [-3], [-4]]);
});

test('whatever was sealed before, all messages leave, once each and in order', (t) => {
  const run = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 5 }),
    sealedFor: fc.option(fc.constantFrom(LIVE, DEAD), { nil: undefined }),
    missing: fc.boolean(),
  });
  const isWhole = fc.property(fc.array(run), fc.boolean(), (runs, isBundling) => {
    let s = 0;
    const offered = runs.flatMap(({ sizes, sealedFor: sessionId, missing }) => {
      const sealed = sessionId && sealedFor(sessionId, sizes.length);
      const all = sizes.map((size) => offer((s += 1), size, sealed));
      return missing ? all.slice(1) : all;
    });

    const parcels = pack(offered, isBundling);

    t.deepEqual(
      parcels.flatMap(({ members }) => members),
      offered,
    );
    for (const { members, sealed, texts } of parcels) {
      if (sealed === undefined)
        t.deepEqual(
          texts,
          members.map(({ message }) => message.text),
        );
      else t.true(members.every(({ waiting }) => waiting.sealed === sealed));
      if (sealed !== undefined) t.is(sealed.messages, members.length);
      if (!isBundling) t.is(members.length, 1);
      if (texts.length > 1) t.true(texts.join(',').length <= BUNDLE_MAX_BYTES);
    }
  });

  fc.assert(isWhole);
});
