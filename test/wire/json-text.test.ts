import test from 'ava';
import fc from 'fast-check';
import { quoteJson } from '../../daemon/wire/json-text.ts';

test('a string is quoted as JSON.stringify quotes it, whatever is in it', (t) => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.nat(0xffff).map((code) => String.fromCharCode(code)),
    fc.constantFrom('"', '\\', '\n', '\0', '\u007f', '\u2028', '\ud800', '\udc00', '😀', '\uffff'),
  );
  const isSame = fc.property(fc.string({ unit }), (text) => {
    t.is(quoteJson(text), JSON.stringify(text));
  });

  fc.assert(isSame, { numRuns: 2000 });
  for (let code = 0; code <= 0xffff; code++) {
    const text = String.fromCharCode(code);
    if (quoteJson(text) !== JSON.stringify(text)) t.fail(`character ${code}`);
  }
});
