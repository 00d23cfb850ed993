import test from 'ava';
import { obstacleTo, periodChoices } from '../../gui/src/text/deletion.ts';
import { createWords } from './words.ts';
import { sampleMessage } from './fakes.ts';

const ENCRYPTED = { encryption: 'dr1' };
const delivered = { direction: 'out', state: 'delivered', enctype: 'dr1' } as const;

test('own messages that left encrypted can be deleted for both', (t) => {
  const relayed = { ...delivered, state: 'relayed' } as const;

  t.is(obstacleTo(ENCRYPTED, [sampleMessage(1, delivered)]), undefined);
  t.is(obstacleTo(ENCRYPTED, [sampleMessage(1, delivered), sampleMessage(2, relayed)]), undefined);
});

test('what stands in the way of deleting for both is named', (t) => {
  const own = sampleMessage(1, delivered);

  t.is(obstacleTo({ encryption: '' }, [own]), 'plain');
  t.is(obstacleTo(ENCRYPTED, [own, sampleMessage(2, { direction: 'in' })]), 'not_own');
  t.is(obstacleTo(ENCRYPTED, [own, sampleMessage(2, { ...delivered, enctype: '' })]), 'unsealed');
});

test('what nobody has got need not be deleted elsewhere', (t) => {
  const queued = sampleMessage(1, { direction: 'out', state: 'queued' });
  const failed = sampleMessage(2, { direction: 'out', state: 'failed' });

  t.is(obstacleTo({ encryption: '' }, [queued, failed]), 'unsent');
  t.is(obstacleTo(ENCRYPTED, [queued]), 'unsent');
});

test('every period has its word', (t) => {
  t.deepEqual(
    periodChoices(createWords('en')).map(({ label }) => label),
    ['for ever', 'for a year', 'for 90 days', 'for 30 days', 'for 7 days', 'for a day'],
  );
});
