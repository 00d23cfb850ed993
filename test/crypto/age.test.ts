import { randomBytes } from 'node:crypto';
import test from 'ava';
import {
  AGE_CHUNK_BYTES,
  AGE_HEAD_MAX_BYTES,
  createAgeHead,
  openAgeHead,
} from '../../daemon/crypto/age.ts';

/** Made by age 1.1.1: `age --passphrase`, of a file with `bring the thermos`. */
const MADE_BY_AGE = Buffer.from(
  'YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBndHA3QWdFSWxEV1Q3WVFjOHQ4SDdBIDE4Ck12R0hTM3lPSUNZQm1JUlNJVFAwZTNUQmtH' +
    'UC9IdXIyMmR5MjlJZ2pBTlEKLS0tIDNkUHlZenFZRFZ0UEQ0VFk0S2VSLzZvZitOYUVaRmZqZ3hMcXppUTFFRjQKEjZPKDeAJeJBVIO9vPwNCNm+' +
    '1tjtIoC81biHxTQ/6ZTa23ZaPHcXGB/4aUyEtpCM7w==',
  'base64',
);
const PASSPHRASE = 'correct horse battery';
const CHEAP = { randomBytes, work: 2 };

/** What a head was opened to; fails where it was refused. */
async function openHead(bytes: Uint8Array, passphrase = PASSPHRASE) {
  const opened = await openAgeHead(bytes, passphrase);
  if (typeof opened === 'string') throw new Error(opened);
  return opened;
}

test('what the age tool made is opened', async (t) => {
  const { chunks, sizeBytes } = await openHead(MADE_BY_AGE);

  const plain = chunks.unseal(MADE_BY_AGE.subarray(sizeBytes), true);

  t.is(Buffer.from(plain ?? '').toString(), 'bring the thermos');
});

test('chunks come back in their order, and only the last one as the last one', async (t) => {
  const { head, chunks } = await createAgeHead(PASSPHRASE, CHEAP);
  const parts = [randomBytes(AGE_CHUNK_BYTES), randomBytes(AGE_CHUNK_BYTES), randomBytes(5)];
  const sealed = parts.map((part, index) => chunks.seal(part, index === 2));

  const right = await openHead(head);
  const opened = sealed.map((part, index) => right.chunks.unseal(part, index === 2));
  const swapped = (await openHead(head)).chunks.unseal(sealed[1] ?? head, false);
  const cut = (await openHead(head)).chunks.unseal(sealed[0] ?? head, true);

  t.true(opened.every((part, index) => part && parts[index]?.equals(part)));
  t.deepEqual([swapped, cut], [undefined, undefined]);
});

test('a passphrase that looks the same is the same, and another one opens nothing', async (t) => {
  const { head } = await createAgeHead('caf\u00e9 caf\u00e9', CHEAP);

  t.is(typeof (await openAgeHead(head, 'cafe\u0301 cafe\u0301')), 'object');
  t.is(await openAgeHead(head, 'cafe cafe'), 'wrong_passphrase');
});

test('a head of which any bit has changed opens nothing', async (t) => {
  const { head, chunks } = await createAgeHead(PASSPHRASE, CHEAP);
  const sealed = chunks.seal(Buffer.from('text'), true);

  for (let bit = 0; bit < head.length * 8; bit += 3) {
    const changed = Buffer.from(head);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    // More work than we allow is refused as well, but a little more is only slow.
    if (/scrypt \S+ (?!2\n)\d/.test(changed.toString('latin1'))) continue;
    const opened = await openAgeHead(changed, PASSPHRASE);
    const plain = typeof opened === 'string' ? undefined : opened.chunks.unseal(sealed, true);
    t.is(plain, undefined, `bit ${bit}`);
  }
});

test('what is no head of ours, or asks for too much work, is refused before any work', async (t) => {
  const { head } = await createAgeHead(PASSPHRASE, CHEAP);
  const text = Buffer.from(head).toString('latin1');
  const refused = [
    '',
    'age-encryption.org/v1\n',
    text.replace(' 2\n', ' 21\n'),
    text.replace(' 2\n', ' 02\n'),
    text.replace('scrypt', 'X25519'),
    text.slice(0, -1),
    text.replace('---', '-> scrypt AAAA 2\n---'),
  ];

  t.true(head.length < AGE_HEAD_MAX_BYTES);
  for (const one of refused) {
    t.is(await openAgeHead(Buffer.from(one, 'latin1'), PASSPHRASE), 'damaged', one.slice(0, 60));
  }
});
