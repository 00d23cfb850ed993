import test from 'ava';
import { end, startTalkingPair, talk } from '../helpers/talking-pair.ts';

const ID = 'AAAAAAAAAAAAAAAAAAAAAA';

test('a post that is refused for one of its messages uses up no number: the friend misses nothing', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  const { conversations } = alice.domain;
  await world.during(conversations.send(bob.address, [{ text: 'said', id: ID }]));

  const refused = conversations.send(bob.address, [{ text: 'new' }, { text: 'other', id: ID }]);
  await t.throwsAsync(world.during(refused), { code: 'id_conflict' });
  await talk(world, alice, bob, 'next');

  t.deepEqual(await bob.textsOf(alice), ['hello from alice', 'said', 'next from alice']);
  t.deepEqual(bob.domain.conversations.missing(bob.contact(alice)), []);
  end(alice, bob);
});
