/** `/api/export` and `/api/import`: everything readable as one stream of JSON lines. */
import { answerJson } from '../http/answer-json.ts';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import Router from '@koa/router';
import { streamBody } from '../http/body.ts';
import type { Listener } from '../http/server.ts';
import { parseAddress } from '../wire/address.ts';
import { encodeExportLine, type ExportLine } from '../wire/export.ts';
import type { GuiState } from './gui-context.ts';
import type { GuiDomain } from './gui-domain.ts';

export const EXPORT_TYPE = 'application/x-ndjson';
export const IMPORT_PATH = '/api/import';
/** Of an export that is imported. */
const IMPORT_MAX_BYTES = 4 * 1024 ** 3;
/** How long storing may take, once all of it is there. */
const IMPORT_TIMEOUT_MS = 60 * 60_000;
/** Lines that go out together. */
const LINES_PER_CHUNK = 100;

export function exportRoutes({ exported }: Pick<GuiDomain, 'exported'>): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/export' });

  router.get('/', (ctx) => {
    const { address } = ctx.query;
    const lines = exported(typeof address === 'string' ? parseAddress(address) : undefined);
    ctx.type = EXPORT_TYPE;
    // When it fails half-way the connection breaks off, and the line that ends an export is missing.
    ctx.body = Readable.from(textOf(lines), { objectMode: false });
  });

  return router;
}

export function importRoutes(
  { takeIn }: Pick<GuiDomain, 'takeIn'>,
  takeTime: Listener['takeTime'],
): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: IMPORT_PATH });

  router.post('/', async (ctx) => {
    answerJson(ctx, await takeIn(unhurried(ctx.req, takeTime)));
  });

  return router;
}

/** A body that may take as long as something of it keeps coming. */
async function* unhurried(
  request: IncomingMessage,
  takeTime: Listener['takeTime'],
): AsyncGenerator<Uint8Array> {
  const end = takeTime();
  try {
    yield* streamBody(request, IMPORT_MAX_BYTES);
  } finally {
    end();
  }
  request.socket.setTimeout(IMPORT_TIMEOUT_MS);
}

async function* textOf(lines: AsyncIterable<ExportLine>): AsyncGenerator<string> {
  let text: string[] = [];
  for await (const line of lines) {
    text.push(encodeExportLine(line));
    if (text.length < LINES_PER_CHUNK) continue;
    yield text.join('');
    text = [];
  }
  yield text.join('');
}
