/** One request of the wechat protocol to a daemon that may be anybody's. */
import { Agent, request as requestPlainly, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as requestSecurely } from 'node:https';
import { CommandError } from './command-error.ts';

/** Largest answer that is read: a batch of the longest messages, written as wastefully as JSON allows. */
const ANSWER_MAX_BYTES = 64 * 2 ** 20;
/** A request for events waits up to 25 s, and the way there and back takes its time. */
const ANSWER_TIMEOUT_MS = 40_000;

export type WechatRequest = Readonly<{
  method: 'GET' | 'PUT';
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
}>;

export type WechatAnswer = Readonly<{
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}>;

const plainAgent = new Agent({ keepAlive: true });
const secureAgent = new SecureAgent({ keepAlive: true });

/** Asks, and reads the answer to its end. Rejects with what the connection said. */
export async function askWechat(asked: WechatRequest): Promise<WechatAnswer> {
  const response = await send(asked);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > ANSWER_MAX_BYTES) {
      throw new CommandError('bad_answer', 'the answer has no end');
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

function send({ method, url, headers = {}, body = '', signal }: WechatRequest) {
  const isSecure = url.startsWith('https:');
  const options = {
    method,
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
  };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = isSecure
      ? requestSecurely(url, { ...options, agent: secureAgent })
      : requestPlainly(url, { ...options, agent: plainAgent });
    request.once('response', resolve).once('error', reject).end(body);
  });
}
