import test from 'ava';
import {
  INVITATION_LIFE_MS,
  Invitations,
  INVITATIONS_MAX,
} from '../../daemon/domain/invitations.ts';
import type { Invitation } from '../../daemon/domain/ports.ts';
import { systemRandom } from '../../daemon/system.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import { MemoryDocument } from '../helpers/memory-stores.ts';

function createInvitations(initial: readonly Invitation[] = [], random = fakeRandom()) {
  const store = new MemoryDocument(initial);
  const clock = new FakeClock();
  return { invitations: new Invitations({ store, clock, random }), store, clock };
}

test('a token is good once, also when two come with it at the same time', async (t) => {
  const { invitations } = createInvitations();
  const { token } = await invitations.issue();

  const answers = await Promise.all([invitations.redeem(token), invitations.redeem(token)]);

  t.deepEqual(answers, [true, false]);
  t.false(await invitations.redeem(token));
});

test('what is no token of ours is refused, whatever it is', async (t) => {
  const { invitations } = createInvitations();
  const { token } = await invitations.issue();

  for (const foreign of ['', 'x', '\ud800', `${token} `, 'A'.repeat(22), 'é'.repeat(10_000)]) {
    t.false(await invitations.redeem(foreign), foreign);
  }
  t.true(await invitations.redeem(token));
});

test('the disk has a digest of a token, never the token itself', async (t) => {
  const { invitations, store } = createInvitations();

  const { token } = await invitations.issue();

  t.is(token.length, 22);
  t.false(JSON.stringify(store.saved).includes(token));
  const reopened = createInvitations(store.saved);
  t.true(await reopened.invitations.redeem(token));
  t.deepEqual(reopened.store.saved, []);
});

test('a token runs out after seven days', async (t) => {
  const { invitations, store, clock } = createInvitations();
  const first = await invitations.issue();
  const second = await invitations.issue();
  t.is(first.expiresAt, clock.nowMs() + INVITATION_LIFE_MS);

  clock.jump(INVITATION_LIFE_MS - 1);
  t.true(await invitations.redeem(first.token));
  clock.jump(1);
  t.false(await invitations.redeem(second.token));
  await invitations.issue();

  t.is(store.saved.length, 1);
});

test('of more than a hundred open links the oldest gives way', async (t) => {
  const { invitations, store } = createInvitations([], systemRandom);
  const tokens: string[] = [];
  for (let i = 0; i <= INVITATIONS_MAX; i++) tokens.push((await invitations.issue()).token);

  t.is(store.saved.length, INVITATIONS_MAX);
  t.false(await invitations.redeem(tokens[0] ?? ''));
  t.true(await invitations.redeem(tokens[1] ?? ''));
});

test('a token that could not be crossed out is not used up', async (t) => {
  const { invitations, store } = createInvitations();
  const { token } = await invitations.issue();
  const save = store.save.bind(store);

  store.save = () => Promise.reject(new Error('the disk is full'));
  await t.throwsAsync(invitations.redeem(token), { message: 'the disk is full' });
  store.save = save;

  t.true(await invitations.redeem(token));
});
