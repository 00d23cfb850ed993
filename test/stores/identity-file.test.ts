import { hash } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { StorageError } from '../../storage/errors.ts';
import {
  noPassphrase,
  IdentityFile,
  openIdentityFile,
  writeIdentity,
  type IdentityFileOptions,
} from '../../daemon/stores/identity-file.ts';
import { WireError } from '../../daemon/wire/check.ts';
import { fakeRandom } from '../helpers/fake-clock.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** Guesses cost nothing here. */
const cost = { N: 16, r: 1, p: 1 };
const PASSPHRASE = 'correct horse battery';

/** A data folder in which an identity can be opened as a start does. */
async function useFolder(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const random = fakeRandom();
  const notices: string[] = [];
  const open = (options: Partial<IdentityFileOptions> = {}) =>
    openIdentityFile({
      folder,
      random,
      cost,
      askPassphrase: noPassphrase,
      isExpected: false,
      onNotice: ({ code }) => notices.push(code),
      ...options,
    });
  const path = join(folder, 'identity.json');
  return { folder, path, open, notices, read: () => readFile(path, 'utf8') };
}

function refusal(code: StorageError['code']) {
  return { instanceOf: StorageError, code };
}

test('an identity is made once, for the owner alone', async (t) => {
  const { open, path, read, folder } = await useFolder(t);

  const first = await open();
  const text = await read();
  const second = await open();

  t.is(first.seed.byteLength, 32);
  t.is(first.sealKey, undefined);
  t.deepEqual(second, first);
  t.is(await read(), text);
  t.is((await stat(path)).mode & 0o777, 0o600);
  t.deepEqual(await readdir(folder), ['identity.json']);
  t.like(JSON.parse(text), {
    v: 1,
    kdf: null,
    seed_in_clear: Buffer.from(first.seed).toString('base64url'),
  });
});

test('with a passphrase at the first start the seed is never on the disk in clear', async (t) => {
  const { open, read } = await useFolder(t);
  const askPassphrase = () => Promise.resolve(PASSPHRASE);

  const first = await open({ askPassphrase });
  const second = await open({ askPassphrase });

  t.is(first.sealKey?.byteLength, 32);
  t.deepEqual(second, first);
  const { kdf, nonce, box } = JSON.parse(await read()) as Record<string, unknown>;
  t.like(kdf, cost);
  t.is(typeof nonce, 'string');
  t.false(Buffer.from(String(box), 'base64url').includes(Buffer.from(first.seed)));
});

test('without the passphrase, or with another, an identity stays shut', async (t) => {
  const { open, read } = await useFolder(t);
  await open({ askPassphrase: () => Promise.resolve(PASSPHRASE) });
  const before = await read();
  const asked: boolean[] = [];

  await t.throwsAsync(open(), refusal('passphrase_needed'));
  await t.throwsAsync(
    open({ askPassphrase: (isNeeded) => Promise.resolve(`${asked.push(isNeeded)} wrong words`) }),
    refusal('wrong_passphrase'),
  );

  t.deepEqual(asked, [true]);
  t.is(await read(), before);
});

test('nobody is asked where no passphrase is, and one that was given unasked is told of', async (t) => {
  const { open, notices } = await useFolder(t);
  const asked: boolean[] = [];
  const askPassphrase: IdentityFileOptions['askPassphrase'] = (isNeeded) => {
    asked.push(isNeeded);
    return Promise.resolve(undefined);
  };
  await open({ askPassphrase });
  await open({ askPassphrase });
  const silent = [...notices];

  await open({ askPassphrase: () => Promise.resolve(PASSPHRASE) });

  t.deepEqual(asked, [false, false]);
  t.deepEqual(silent, []);
  t.deepEqual(notices, ['passphrase_unused']);
});

test('the same passphrase may be typed in two ways that look alike', async (t) => {
  const { open } = await useFolder(t);
  const { seed } = await open({ askPassphrase: () => Promise.resolve('Zo\u00eb und ihr Pferd') });

  const opened = await open({ askPassphrase: () => Promise.resolve('Zoe\u0308 und ihr Pferd') });

  t.deepEqual(opened.seed, seed);
});

test('a new identity under too short a passphrase is not made', async (t) => {
  const { open, folder } = await useFolder(t);

  const opening = open({ askPassphrase: () => Promise.resolve('too short') });

  await t.throwsAsync(opening, { instanceOf: WireError, code: 'bad_request' });
  t.deepEqual(await readdir(folder), []);
});

test('an identity that is gone though friends know it is not made anew', async (t) => {
  const { open, folder } = await useFolder(t);

  await t.throwsAsync(open({ isExpected: true }), refusal('identity_missing'));

  t.deepEqual(await readdir(folder), []);
});

test('an identity that others may read is refused', async (t) => {
  const { open, path } = await useFolder(t);
  await open();
  await chmod(path, 0o644);

  await t.throwsAsync(open(), refusal('folder_unsafe'));
});

test('an identity of a newer version is left alone', async (t) => {
  const { open, path, read } = await useFolder(t);
  // The CRC-32 of {"v":2,"seed":"?"}.
  const text = '{"v":2,"seed":"?","crc":"39070f7a"}';
  await writeFile(path, text, { mode: 0o600 });

  await t.throwsAsync(open(), refusal('format_too_new'));
  t.is(await read(), text);
});

test('what an interrupted write left is removed', async (t) => {
  const { open, path, folder } = await useFolder(t);
  await open();
  await writeFile(`${path}.17.abcd.tmp`, 'a seed');

  await open();

  t.deepEqual(await readdir(folder), ['identity.json']);
});

for (const passphrase of [undefined, PASSPHRASE]) {
  const title = passphrase === undefined ? 'in clear' : 'under a passphrase';
  test(`whatever byte of an identity ${title} is damaged, it is refused and stays`, async (t) => {
    const { open, path, folder } = await useFolder(t);
    const askPassphrase = () => Promise.resolve(passphrase);
    const { seed } = await open({ askPassphrase });
    const good = await readFile(path);
    const damage = fc.oneof(
      fc.record({ at: fc.nat(good.length - 1), flip: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ cut: fc.nat(good.length - 1) }),
    );

    await fc.assert(
      fc.asyncProperty(damage, async (one) => {
        const bytes = Buffer.from('cut' in one ? good.subarray(0, one.cut) : good);
        if ('at' in one) bytes.writeUInt8((bytes[one.at] ?? 0) ^ one.flip, one.at);
        await writeFile(path, bytes, { mode: 0o600 });

        const opened = await open({ askPassphrase }).catch((error: unknown) => error);

        // A blank more or less in the text changes nothing of what it says.
        if (opened instanceof Error) t.like(opened, { code: 'identity_damaged' });
        else t.like(opened, { seed });
        t.deepEqual(await readFile(path), bytes);
        t.deepEqual(await readdir(folder), ['identity.json']);
      }),
      { numRuns: 150 },
    );
  });
}

test('a passphrase can be set, changed and removed, with the seed as it was', async (t) => {
  const { open, folder, read } = await useFolder(t);
  const { seed } = await open();
  const place = { folder, random: fakeRandom(), cost };

  const first = await writeIdentity(place, { seed, passphrase: PASSPHRASE });
  const second = await writeIdentity(place, { seed, passphrase: 'another passphrase' });
  const opened = await open({ askPassphrase: () => Promise.resolve('another passphrase') });
  const sealed = await read();
  const none = await writeIdentity(place, { seed, passphrase: undefined });

  t.notDeepEqual(first, second);
  t.like(opened, { seed, sealKey: second, former: undefined });
  t.false(sealed.includes('seed_in_clear'));
  t.is(none, undefined);
  t.like(await open(), { seed, sealKey: undefined, former: undefined });
});

test('the examples in the documents are one identity, in clear and under a passphrase', async (t) => {
  const { open, path } = await useFolder(t);
  const page = await readFile('docs/storage.md', 'utf8');
  const examples = [...page.matchAll(/```json\n(\{\s+"v": 1,\s+"kdf"[^]*?)```/g)];
  const seeds: string[] = [];

  for (const [, text = ''] of examples) {
    await writeFile(path, text, { mode: 0o600 });
    const { seed } = await open({ askPassphrase: () => Promise.resolve('bring the thermos') });
    seeds.push(Buffer.from(seed).toString('hex'));
  }

  const expected = hash('sha256', 'alice');
  t.deepEqual(seeds, [expected, expected]);
});

for (const passphrase of [undefined, PASSPHRASE]) {
  const askPassphrase = () => Promise.resolve(passphrase);
  test(`a former identity is kept beside the present one, and leaves no trace, ${passphrase === undefined ? 'in the clear' : 'under a passphrase'}`, async (t) => {
    const { open, folder, read } = await useFolder(t);
    const opened = await open({ askPassphrase });
    const file = new IdentityFile({ folder, random: fakeRandom() }, opened);
    const next = new Uint8Array(32).fill(9);
    const since = Date.UTC(2026, 10, 21);

    await file.save({ seed: next, former: { seed: opened.seed, since } });
    const both = await open({ askPassphrase });
    const text = await read();
    await file.save({ seed: next, former: undefined });
    const one = await open({ askPassphrase });

    t.like(both, { seed: next, former: { seed: opened.seed, since }, sealKey: opened.sealKey });
    t.like(JSON.parse(text), { v: 1, former: { since: '2026-11-21T00:00:00.000Z' } });
    t.is(text.includes('in_clear'), passphrase === undefined);
    t.like(one, { seed: next, former: undefined, sealKey: opened.sealKey });
    t.false((await read()).includes('former'));
    t.deepEqual(await readdir(folder), ['identity.json']);
  });
}

test('a former identity goes under another passphrase together with the present one', async (t) => {
  const { open, folder } = await useFolder(t);
  const { seed } = await open();
  const former = { seed: new Uint8Array(32).fill(3), since: 0 };
  const place = { folder, random: fakeRandom(), cost };

  await writeIdentity(place, { seed, former, passphrase: PASSPHRASE });

  const opened = await open({ askPassphrase: () => Promise.resolve(PASSPHRASE) });
  t.like(opened, { seed, former });
});

test('what is saved at the same time is written in the order of the calls', async (t) => {
  const { open, folder } = await useFolder(t);
  const opened = await open();
  const file = new IdentityFile({ folder, random: fakeRandom() }, opened);
  const seeds = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));

  await Promise.all(seeds.map((seed) => file.save({ seed, former: undefined })));
  await file.close();

  t.deepEqual((await open()).seed, seeds[2]);
});
