import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { answerHeader } from '../../daemon/peer/hop-proof.ts';
import type { PeerReply } from '../../daemon/peer/peer-exchange.ts';
import { isRequestGenuine } from '../../daemon/crypto/hop-auth.ts';
import { parseHopAuth, type HopAuth } from '../../daemon/wire/e2e.ts';
import { oneBitChanges } from '../crypto/pair.ts';
import { countedBytes } from '../crypto/vectors.ts';
import { ALICES_KEYS, BOB, BOBS_KEYS } from '../helpers/peer-world.ts';
import { listen, startClient } from './client-and-peers.ts';

const OK = Buffer.from('{"status":1}');
const HEADER = 'Vestnik-Auth';

/** What Alice's client makes of Bob's answers. */
type Asking = Readonly<{
  ask: () => Promise<PeerReply>;
  /** The last request, as it came to Bob. */
  last: () => Readonly<{ auth: HopAuth; body: Buffer; headers: IncomingMessage['headers'] }>;
}>;

type Answer = (response: ServerResponse, header: (status: number, body: Buffer) => string) => void;

/** Alice asks Bob, who answers as he is told. */
async function startAsking(t: ExecutionContext, answer: Answer): Promise<Asking> {
  let last: ReturnType<Asking['last']> | undefined;
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const { headers } = request;
      const auth = parseHopAuth(String(headers[HEADER.toLowerCase()]));
      last = { auth, body, headers };
      const proven = { contact: BOB, keys: BOBS_KEYS, auth };
      answer(response, (status, bytes) => answerHeader(proven, { status, body: bytes }));
    });
  });
  t.teardown(() => server.closeAllConnections());
  const peer = await listen(t, server);
  const client = startClient(t);
  const proof = { keys: ALICES_KEYS, accessKey: 'of bob', randomBytes: countedBytes('alice') };
  return {
    ask: () => client.post(peer, '{"action":"ping","nick":"Аня"}', proof),
    last: () => {
      if (last === undefined) throw new Error('nobody asked');
      return last;
    },
  };
}

test('a request carries its proof, over the bytes that travel', async (t) => {
  const { ask, last } = await startAsking(t, (response) => response.end(OK));

  await ask();

  const { auth, body } = last();
  t.true(isRequestGenuine(BOBS_KEYS, auth, { method: 'POST', target: '/', body }));
});

test('an answer that proves itself counts', async (t) => {
  const { ask } = await startAsking(t, (response, header) => {
    response.setHeader(HEADER, header(200, OK)).end(OK);
  });

  t.deepEqual(await ask(), { outcome: 'ok', body: '{"status":1}', isProven: true });
});

test('a proven refusal is one', async (t) => {
  const body = Buffer.from('{"status":0,"error":"too_large"}');
  const { ask } = await startAsking(t, (response, header) => {
    response.writeHead(413, { [HEADER]: header(413, body) }).end(body);
  });

  t.deepEqual(await ask(), { outcome: 'refused' });
});

test('a proven word that we were not understood is one', async (t) => {
  const body = Buffer.from('{"status":0,"error":"bad_request"}');
  const { ask } = await startAsking(t, (response, header) => {
    response.writeHead(400, { [HEADER]: header(400, body) }).end(body);
  });

  t.deepEqual(await ask(), { outcome: 'malformed' });
});

/** What somebody on the way makes of a good answer. */
const FORGERIES: Readonly<Record<string, Answer>> = {
  'takes the header away': (response) => response.end(OK),
  'puts another status': (response, header) =>
    response.writeHead(201, { [HEADER]: header(200, OK) }).end(OK),
  'turns a refusal into a yes': (response, header) =>
    response.setHeader(HEADER, header(200, Buffer.from('{"status":0}'))).end(OK),
  'adds a byte': (response, header) =>
    response.setHeader(HEADER, header(200, OK)).end('{"status":1} '),
  'sends the header twice': (response, header) =>
    response.setHeader(HEADER, [header(200, OK), header(200, OK)]).end(OK),
  'sends nonsense for a header': (response) => response.setHeader(HEADER, 'v=1; k=; n=').end(OK),
  'leads elsewhere': (response) => response.writeHead(307, { location: 'http://127.0.0.1/' }).end(),
  'refuses in our protocol': (response) => response.writeHead(403).end('{"status":0}'),
  'shows a page': (response) => response.writeHead(404).end('<html>router</html>'),
  'says nothing': (response) => response.end(),
};

for (const [what, answer] of Object.entries(FORGERIES)) {
  test(`whoever ${what} has not proven to be the contact`, async (t) => {
    const { ask } = await startAsking(t, answer);

    t.deepEqual(await ask(), { outcome: 'not_proven' });
  });
}

test('an answer to an earlier request proves nothing for a later one', async (t) => {
  let kept: string | undefined;
  const { ask } = await startAsking(t, (response, header) => {
    kept ??= header(200, OK);
    response.setHeader(HEADER, kept).end(OK);
  });

  t.is((await ask()).outcome, 'ok');
  t.is((await ask()).outcome, 'not_proven');
});

test('a request sent back as its own answer proves nothing', async (t) => {
  const { ask, last } = await startAsking(t, (response) => {
    response.setHeader(HEADER, String(last().headers[HEADER.toLowerCase()])).end(OK);
  });

  t.deepEqual(await ask(), { outcome: 'not_proven' });
});

test('row 3: an answer with any bit of its MAC flipped proves nothing', async (t) => {
  let flip: (mac: Uint8Array) => Uint8Array = (mac) => mac;
  const { ask } = await startAsking(t, (response, header) => {
    const [rest = '', mac = ''] = header(200, OK).split('; m=');
    const changed = Buffer.from(flip(Buffer.from(mac, 'base64url'))).toString('base64url');
    response.setHeader(HEADER, `${rest}; m=${changed}`).end(OK);
  });
  t.is((await ask()).outcome, 'ok');

  for (let bit = 0; bit < 32 * 8; bit++) {
    flip = (mac) => [...oneBitChanges(mac)][bit] ?? mac;
    t.is((await ask()).outcome, 'not_proven');
  }
});

test('a busy peer may say so without proof: it only makes us wait', async (t) => {
  for (const status of [429, 503]) {
    const { ask } = await startAsking(t, (response) => response.writeHead(status).end());
    t.deepEqual(await ask(), { outcome: 'busy' });
  }
});
