import type { Response } from 'koa';

/**
 * Answers with JSON. Koa would make it of an object as well, but asks first whether that is a `Response` or a web stream, for
 * which Node loads its `fetch`: 11 MiB for good, and a pause before the first answer (docs/performance.md).
 */
export function answerJson(response: Pick<Response, 'type' | 'body'>, value: unknown): void {
  response.type = 'json';
  response.body = JSON.stringify(value);
}
