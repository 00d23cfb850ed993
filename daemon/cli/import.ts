import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import * as v from 'valibot';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { count } from './format.ts';
import { tell } from './tell.ts';

const EXPORT_TYPE = 'application/x-ndjson';

const Imported = v.object({
  contacts: v.number(),
  known_contacts: v.number(),
  messages: v.number(),
  known_messages: v.number(),
});

/** `vestnik import`: adds what an export has and this daemon has not. */
export async function importFile(context: CommandContext, file: string): Promise<void> {
  const sizeBytes = await sizeOf(file);
  const api = await openApi(context.dataFolder);
  const outgoing = { sizeBytes, bytes: createReadStream(file) as AsyncIterable<Buffer> };
  const answer = await api.hand('/api/import', EXPORT_TYPE, outgoing);
  tell(context, answer, () => {
    const imported = decodeAnswer(Imported, answer);
    const known = imported.known_contacts + imported.known_messages;
    return [
      `Added ${count(imported.contacts, 'contact')} and ${count(imported.messages, 'message')}; ${known} were there already.`,
      ...(imported.contacts > 0
        ? ['Your friends are asked anew, since they know you by another identity.']
        : []),
    ].join('\n');
  });
}

async function sizeOf(file: string): Promise<number> {
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isFile() !== true) throw new CommandError('usage', `there is no file ${file}`);
  return stats.size;
}
