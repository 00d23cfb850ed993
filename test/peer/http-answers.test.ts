import test from 'ava';
import fc from 'fast-check';
import { AnswerError, HttpAnswers } from '../../daemon/peer/http-answers.ts';

const MAX_BYTES = 100;

function answer(body: string, head = ''): string {
  return `HTTP/1.1 200 OK\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** As a proxy may pass it on. */
function inChunks(body: string): string {
  const bytes = Buffer.from(body).toString('latin1');
  const chunks = bytes.match(/[^]{1,7}/g) ?? [];
  const lines = [...chunks.map((chunk) => `${chunk.length.toString(16)};x=y\r\n${chunk}`), '0\r\n'];
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${lines.join('\r\n')}\r\n`;
}

function readAll(pieces: readonly Buffer[]) {
  const answers = new HttpAnswers(MAX_BYTES);
  const read = pieces.flatMap((piece) => [...answers.read(piece)]);
  return { bodies: read.map(({ body }) => body.toString()), isWithin: answers.isWithin };
}

test('answers come out whole, however the bytes come in', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 10, unit: 'grapheme' }), fc.boolean()), {
        maxLength: 5,
      }),
      fc.array(fc.nat({ max: 400 })),
      (answers, cuts) => {
        const bodies = answers.map(([body]) => body);
        const bytes = Buffer.concat(
          answers.map(([body, isChunked]) =>
            isChunked
              ? Buffer.from(inChunks(body), 'latin1')
              : Buffer.from(answer(body, 'X: y\r\n')),
          ),
        );
        const places = [0, ...cuts.filter((at) => at < bytes.length), bytes.length];
        places.sort((one, other) => one - other);
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));

        t.deepEqual(readAll(pieces), { bodies, isWithin: false });
      },
    ),
  );
});

test('headers are known by any spelling of their names', (t) => {
  const [read] = [
    ...new HttpAnswers(MAX_BYTES).read(Buffer.from(answer('x', 'VesTnik-AUTH:  a b \r\n'))),
  ];

  t.is(read?.status, 200);
  t.is(read?.headers.get('vestnik-auth'), 'a b');
});

test('half an answer is known as one', (t) => {
  t.true(readAll([Buffer.from('HTTP/1.1 200')]).isWithin);
  t.true(readAll([Buffer.from(answer('abc').slice(0, -1))]).isWithin);
});

for (const [what, text] of [
  ['another protocol', '220 mail.example.org ESMTP\r\n\r\n'],
  ['an older HTTP', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  [
    'a body that ends in two ways',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n',
  ],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n'],
  ['a chunk without an end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n'],
  ['too much in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n'],
  ['a body without a length', 'HTTP/1.1 200 OK\r\n\r\n'],
  ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['too long a body', `HTTP/1.1 200 OK\r\nContent-Length: ${MAX_BYTES + 1}\r\n\r\n`],
  ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 0\r\n\r\n'],
  ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(9000)}`],
] as const) {
  test(`${what} is not understood`, (t) => {
    t.throws(() => readAll([Buffer.from(text)]), { instanceOf: AnswerError });
  });
}
