import test from 'ava';
import { fillText, findText } from '../../gui/src/texts/find-text.ts';

const TEXTS = {
  title: 'Rooms',
  room: {
    people_one: 'one',
    people_few: 'few',
    people_many: 'many',
    name: '{{name}} and {{name}}',
  },
};
const russian = new Intl.PluralRules('ru');
const find = (name: string, count?: number) => findText(TEXTS, name, count, russian);

test('a text is found by the path to it, in the form for the count', (t) => {
  t.is(find('title'), 'Rooms');
  t.deepEqual(
    [1, 3, 5, 21].map((count) => find('room.people', count)),
    ['one', 'few', 'many', 'one'],
  );
  t.is(find('room.name', 3), TEXTS.room.name);
});

test('a name without a text is shown as it is', (t) => {
  for (const name of [
    '',
    'room',
    'room.people',
    'title.more',
    'no.such.place',
    'room.constructor',
  ]) {
    t.is(find(name), name);
  }
});

test('values go into their places, and nothing into values', (t) => {
  t.is(fillText('{{a}}, {{b}}, {{c}}', { a: 1, b: '{{a}} $& $1' }), '1, {{a}} $& $1, ');
});
