/** Request bodies under a limit that is chosen before the first byte is read (G7, G13). */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { RequestError } from './request-error.ts';

const JSON_TYPE = 'application/json';

/** Whether the request announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  return headers['content-length'] !== undefined && headers['content-length'] !== '0';
}

/**
 * Reads a whole body as UTF-8 text; `''` when there is none.
 *
 * How long it may take is the server's `requestTimeout`, which closes the connection.
 *
 * @throws {RequestError} `too_large`, `unsupported_media_type` for a compressed body, `bad_request` for text that is
 *   not UTF-8 or ends early. The connection is closed afterwards.
 */
export async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  return decodeBody(await readBody(request, maxBytes));
}

/**
 * The text that a body is.
 *
 * @throws {RequestError} `bad_request` if it is not UTF-8.
 */
export function decodeBody(body: Buffer): string {
  if (!isUtf8(body)) throw new RequestError('bad_request', 'the body is not UTF-8');
  return body.toString('utf8');
}

/**
 * Reads a whole body.
 *
 * @throws {RequestError} As `readText`, apart from UTF-8.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  refuseBody(request, maxBytes);
  return collect(request, maxBytes);
}

/**
 * Refuses a body that does not call itself JSON: that keeps the forms of foreign pages out (G7).
 *
 * @param others Paths at which another type is expected, none that a form could have.
 */
export function jsonBodyGuard(others: Readonly<Record<string, string>> = {}): Middleware {
  return (ctx, next) => {
    const type = others[ctx.path] ?? JSON_TYPE;
    if (hasBody(ctx.req) && !isOfType(ctx.req.headers['content-type'], type)) {
      throw new RequestError('unsupported_media_type', `send a body as ${type}`);
    }
    return next();
  };
}

function isOfType(contentType: string | undefined, type: string): boolean {
  // Spelt so by almost everybody.
  if (contentType === type) return true;
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === type;
}

/**
 * A body as it comes, for those that are too large for the memory.
 *
 * @throws {RequestError} As `readBody`; also while it is read.
 */
export async function* streamBody(
  request: IncomingMessage,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  refuseBody(request, maxBytes);
  let sizeBytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof RequestError) throw cause;
    throw new RequestError('bad_request', 'the body ended early', {}, { cause });
  }
}

function refuseBody(request: IncomingMessage, maxBytes: number): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new RequestError('unsupported_media_type', 'compressed bodies are not read here');
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;

    function onData(chunk: Buffer): void {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) {
        request.off('data', onData).pause();
        reject(tooLarge(maxBytes));
        return;
      }
      chunks.push(chunk);
    }

    request
      .on('data', onData)
      .once('end', () => {
        const [only] = chunks;
        resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
      })
      .once('error', (cause) => {
        reject(new RequestError('bad_request', 'the body ended early', {}, { cause }));
      });
  });
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError('too_large', `a body has at most ${maxBytes} bytes here`);
}
