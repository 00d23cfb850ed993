/** Messages that wait for a receiver: how they get there, and whether all of them come out in their order. */
import { performance } from 'node:perf_hooks';
import type { ApiMessage } from '../daemon/wire/gui-api.ts';
import { conversationPath, type Api } from '../test/helpers/api.ts';
import { textOf, type Route } from './closed-loop.ts';
import { HttpPipe } from './http-pipe.ts';

export const MESSAGES = 10_000;
/** How a client posts: messages of a request, and requests without an answer, over so many connections. */
export const SINGLE = { perRequest: 1, requests: 256, connections: 16 } as const;
export const PIPELINED = { perRequest: 100, requests: 2, connections: 2 } as const;
export type Posting = typeof SINGLE | typeof PIPELINED;
const PAGE = 200;

/** Posts messages. @returns After how many milliseconds the last was answered. */
export async function queue(
  { postUrl, postHeaders }: Pick<Route, 'postUrl' | 'postHeaders'>,
  { perRequest, requests, connections }: Posting,
  count = MESSAGES,
): Promise<number> {
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    let posted = 0;
    let answered = 0;
    const post = (): void => {
      const length = Math.min(perRequest, count - posted);
      const messages = Array.from({ length }, () => ({ message: textOf(posted++) }));
      pipe.post(JSON.stringify(perRequest === 1 ? messages[0] : { messages }));
    };
    const pipe = new HttpPipe({
      url: postUrl,
      headers: postHeaders,
      connections,
      onAnswer() {
        answered += perRequest;
        if (posted < count) post();
        else if (answered === count) resolve();
      },
      onFailure: reject,
    });
    for (let i = 0; i < requests; i++) post();
  });
  return performance.now() - startedAt;
}

/** Where the newest message of a conversation stands. */
export async function lastPlace(api: Api, address: string): Promise<number> {
  const { body } = await api.get(`${conversationPath(address)}?limit=1`);
  return (body as readonly ApiMessage[]).at(-1)?.s ?? 0;
}

/** All texts of a conversation after a place, oldest first, page by page. */
export async function readAll(api: Api, address: string, afterS = 0): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let after = afterS; ;) {
    const path = `${conversationPath(address)}?after=${after}&limit=${PAGE}`;
    const page = (await api.get(path)).body as readonly ApiMessage[];
    texts.push(...page.map(({ message }) => message));
    const last = page.at(-1);
    if (last === undefined) return texts;
    after = last.s;
  }
}

export function requireEqual(
  read: readonly string[],
  written: readonly string[],
  count = MESSAGES,
): void {
  const difference = read.findIndex((text, index) => text !== written[index]);
  if (read.length === count && difference === -1) return;
  throw new Error(`${read.length} of ${written.length} messages; first difference: ${difference}`);
}
