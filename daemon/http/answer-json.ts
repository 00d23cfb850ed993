import type { Response } from 'koa';

/**
 * Answers with JSON. Koa would make it of an object as well, but asks first whether that is a `Response` or a web stream, for
 * which Node loads its `fetch`: 20 ms before the first answer, and memory for good.
 */
export function answerJson(response: Pick<Response, 'type' | 'body'>, value: unknown): void {
  response.type = 'json';
  response.body = JSON.stringify(value);
}
