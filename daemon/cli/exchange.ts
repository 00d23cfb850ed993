/** One request to the daemon and its whole answer, over HTTP or over HTTPS with the one certificate that is the daemon's. */
import { X509Certificate } from 'node:crypto';
import {
  request as requestPlainly,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

export type Asking = Readonly<{
  method: string;
  headers: Readonly<Record<string, string>>;
  /** A stream goes out as it comes, and says how long it is in the headers. */
  body: string | AsyncIterable<Uint8Array> | undefined;
  timeoutMs: number;
  /** What the daemon's listener must show, PEM; `undefined` for one that speaks plain HTTP. */
  certificate: string | undefined;
}>;

export type Answered = Readonly<{
  status: number;
  text: string;
  /** The `Link` header, if there is one. */
  link: string | undefined;
}>;

/** Members of TLS options that trust one certificate. */
export type Pin = Readonly<{
  ca: string;
  allowPartialTrustChain: true;
  checkServerIdentity: (
    name: string,
    shown: Readonly<{ fingerprint256: string }>,
  ) => Error | undefined;
}>;

/** Asks, and reads the answer to its end. Rejects with what the connection said. */
export async function exchange(url: string, asking: Asking): Promise<Answered> {
  const response = await openExchange(url, asking, AbortSignal.timeout(asking.timeoutMs));
  const { link } = response.headers;
  return {
    status: response.statusCode ?? 0,
    text: await text(response),
    link: Array.isArray(link) ? link[0] : link,
  };
}

/**
 * Asks for an answer of any length. Rejects with what the connection said.
 *
 * @returns The answer as it comes; it breaks off with an error when nothing comes for `timeoutMs`.
 */
export async function exchangeStream(url: string, asking: Asking): Promise<IncomingMessage> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), asking.timeoutMs);
  const response = await openExchange(url, asking, patience.signal);
  clearTimeout(timer);
  response.setTimeout(asking.timeoutMs, () => {
    response.destroy(new Error('the daemon has fallen silent'));
  });
  return response;
}

/** Asks; a body that is a stream goes out as it comes. Resolves with the head of the answer. */
async function openExchange(
  url: string,
  asking: Asking,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { body = '', certificate } = asking;
  const options = {
    method: asking.method,
    headers: { ...lengthOf(body), ...asking.headers },
    signal,
  };
  const request =
    certificate === undefined
      ? requestPlainly(url, options)
      : await requestSecurely(url, { ...options, ...pinTo(certificate) });
  const response = responseTo(request);
  if (typeof body === 'string') request.end(body);
  // The answer tells more of a daemon that takes no more than the broken pipe does.
  else await pipeline(body, request).catch(() => undefined);
  return response;
}

function lengthOf(body: Asking['body']): Readonly<Record<string, string>> {
  return typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
}

/**
 * What to trust on a connection: this certificate and no other, whoever vouches for it and whatever name it is for. It
 * was found in the data folder, which nobody but the owner can write, so it proves the daemon better than a name would.
 */
export function pinTo(certificate: string): Pin {
  const expected = new X509Certificate(certificate).fingerprint256;
  return {
    ca: certificate,
    // It vouches for itself, also where an authority issued it.
    allowPartialTrustChain: true,
    checkServerIdentity: (_name, { fingerprint256 }) =>
      fingerprint256 === expected ? undefined : new Error('this is not the daemon’s certificate'),
  };
}

/** The module is loaded only for those who need it. */
async function requestSecurely(url: string, options: RequestOptions & Pin): Promise<ClientRequest> {
  const { request } = await import('node:https');
  // Without an agent no session is resumed, so the certificate is looked at each time.
  return request(url, { ...options, agent: false });
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
}
