import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { splitAddress, type Address } from '../../daemon/wire/address.ts';
import { LoopbackServer } from './loopback-server.ts';

/** One exchange as it went past. */
export type Tapped = Readonly<{
  /** Host that it came from. */
  source: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  answer: string;
}>;

/**
 * Somebody on the way to a daemon, who hears all and may play it back. The daemon tells others this address as its own,
 * and callers come through with the hosts that they have.
 */
export class Wiretap extends LoopbackServer {
  readonly heard: Tapped[] = [];
  #target: Address | undefined;

  protected answer(request: IncomingMessage, response: ServerResponse): void {
    this.#pass(request).then(
      ({ status, headers, answer }) => response.writeHead(status, headers).end(answer),
      () => response.destroy(),
    );
  }

  /** Where the daemon really is. */
  leadTo(target: Address): void {
    this.#target = target;
  }

  /** Says something again that was heard. @returns What is answered. */
  async replay({ source, headers, body }: Tapped, to: Address = this.#require()): Promise<string> {
    return (await send(to, source, headers, body)).answer;
  }

  async #pass(request: IncomingMessage) {
    const body = (await buffer(request)).toString('utf8');
    const source = request.socket.remoteAddress ?? '';
    const headers = ownHeaders(request);
    const answered = await send(this.#require(), source, headers, body);
    this.heard.push({ source, headers, body, answer: answered.answer });
    return answered;
  }

  #require(): Address {
    if (this.#target === undefined) throw new Error('nobody is behind the wiretap yet');
    return this.#target;
  }
}

/** Starts one that ends with the test. */
export async function startWiretap(t: ExecutionContext): Promise<Wiretap> {
  const wiretap = await new Wiretap().start();
  t.teardown(() => wiretap.stop());
  return wiretap;
}

function ownHeaders({ headers }: IncomingMessage): Record<string, string> {
  const kept = ['content-type', 'vestnik-auth'];
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

async function send(
  to: Address,
  source: string,
  headers: Readonly<Record<string, string>>,
  body: string,
) {
  const { host, port } = splitAddress(to);
  const outgoing = httpRequest({
    ...{ host, port, method: 'POST', path: '/', agent: false, localAddress: source },
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
  });
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject).end(body);
  });
  const answer = (await buffer(incoming)).toString('utf8');
  return { status: incoming.statusCode ?? 502, headers: ownHeaders(incoming), answer };
}
