import test from 'ava';
import { fitsPattern } from '../../daemon/domain/name-pattern.ts';

const fits = test.macro({
  exec(t, pattern: string, fitting: readonly string[], others: readonly string[]) {
    for (const name of fitting) t.true(fitsPattern(name, pattern), name);
    for (const name of others) t.false(fitsPattern(name, pattern), name);
  },
  title: (_, pattern: string) => `the pattern ${pattern}`,
});

test(fits, 'board', ['board'], ['', 'board/', 'a board', 'Board']);
test(fits, 'board/*', ['board/', 'board/1', 'board/1/2'], ['board', 'boards/1']);
test(fits, '*', ['', 'a', 'a/b'], []);
test(fits, '*/news', ['/news', 'a/news', 'a/news/news'], ['news', 'a/news/1']);
test(fits, 'ab*b', ['abb', 'ab/b'], ['ab', 'abbc']);
test(fits, 'a*b*c', ['abc', 'a-b-c', 'abbc', 'abcbc'], ['ac', 'acb', 'abcd']);
test(fits, 'a.b', ['a.b'], ['axb']);

test('a pattern of many stars is no trap', (t) => {
  // Trying every place of every star would not end in our time.
  t.false(fitsPattern('a'.repeat(256), `${'a*'.repeat(60)}b`));
});
