import fc from 'fast-check';

const PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@";

/**
 * Part of a URL between two slashes: what may stand there as it is, and escapes of any other character.
 *
 * fast-check's own (`webSegment` and its kin) makes a table of all of Unicode, to shrink with, before the first one.
 */
export const urlSegment: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 10, arbitrary: fc.constantFrom(...Array.from(PLAIN)) },
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).map(encodeURIComponent),
    ),
    { maxLength: 20 },
  )
  .map((characters) => characters.join(''));

/** Several of them, with slashes between. */
export const urlPath: fc.Arbitrary<string> = fc
  .array(urlSegment, { maxLength: 5 })
  .map((segments) => segments.join('/'));

/** What stands behind the question mark. */
export const urlQuery: fc.Arbitrary<string> = fc
  .array(fc.oneof(urlSegment, fc.constantFrom('&', '=', '?', '/')), { maxLength: 8 })
  .map((words) => words.join(''));
