/** Request bodies under a limit that is chosen before the first byte is read (G7, G13). */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { RequestError } from './request-error.ts';

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
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new RequestError('unsupported_media_type', 'compressed bodies are not read here');
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return collect(request, maxBytes);
}

/** Refuses a body that does not call itself JSON: that keeps the forms of foreign pages out (G7). */
export function jsonBodyGuard(): Middleware {
  return (ctx, next) => {
    if (hasBody(ctx.req) && !isJson(ctx.req.headers['content-type'])) {
      throw new RequestError('unsupported_media_type', 'send a body as application/json');
    }
    return next();
  };
}

function isJson(contentType: string | undefined): boolean {
  // Spelt so by almost everybody.
  if (contentType === 'application/json') return true;
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
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
