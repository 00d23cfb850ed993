import test from 'ava';
import { formatContactLink } from '../../daemon/wire/contact-link.ts';
import type { ApiSafetyNumber } from '../../daemon/wire/gui-api.ts';
import { compareShown, formatCompareCode, type Comparison } from '../../gui/src/text/compare.ts';
import { ANNA, FINGERPRINT } from './fakes.ts';

const OWN = FINGERPRINT;
const PEER = `B${FINGERPRINT.slice(1)}`;
const STRANGER = `C${FINGERPRINT.slice(1)}`;
const GROUPS = '95334 63661 52819 66080 34180 33726 36752 71630 27520 26235 67439 99249'.split(' ');
const NUMBER: ApiSafetyNumber = { groups: GROUPS, own: OWN, peer: PEER };
const link = (fingerprint: string) =>
  formatContactLink({ address: ANNA, fingerprint, invitation: undefined });

const compared = test.macro({
  exec: (t, typed: string, expected: Comparison) => t.is(compareShown(typed, NUMBER), expected),
  title: (_, typed: string, expected: Comparison) => `${JSON.stringify(typed)} is ${expected}`,
});

test(compared, '  ', 'empty');
test(compared, '95334 63661', 'partial');
test(compared, '95334 63662', 'different');
test(compared, GROUPS.join(' '), 'same');
test(compared, GROUPS.join('\n'), 'same');
test(compared, GROUPS.join('-'), 'same');
test(compared, `${GROUPS.join('')}1`, 'different');
test(compared, PEER, 'same');
test(compared, ` ${PEER.slice(0, 20)} ${PEER.slice(20)} `, 'same');
test(compared, STRANGER, 'different');
test(compared, OWN, 'different');
test(compared, link(PEER), 'same');
test(compared, link(STRANGER), 'different');
test(compared, link(PEER).slice(0, -1), 'unknown');
test(compared, 'vestnik-compare:', 'unknown');
test(compared, 'vestnik-compare:x:y', 'unknown');
test(compared, 'hello', 'unknown');

test('the code on the other screen is the same with the sides exchanged', (t) => {
  const theirs = { own: PEER, peer: OWN };

  t.is(compareShown(formatCompareCode(theirs), NUMBER), 'same');
  t.is(compareShown(formatCompareCode(NUMBER), NUMBER), 'different');
});

test('a code shows if the other takes a stranger for us', (t) => {
  t.is(compareShown(formatCompareCode({ own: PEER, peer: STRANGER }), NUMBER), 'different');
});

test('without a safety number digits cannot be compared, fingerprints can', (t) => {
  const known = { ...NUMBER, groups: [] };

  t.is(compareShown('95334', known), 'unknown');
  t.is(compareShown(PEER, known), 'same');
});
