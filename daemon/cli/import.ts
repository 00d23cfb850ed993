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
  rooms: v.number(),
  known_rooms: v.number(),
  events: v.number(),
  known_events: v.number(),
});

/** `vestnik import`: adds what an export has and this daemon has not. */
export async function importFile(context: CommandContext, file: string): Promise<void> {
  const sizeBytes = await sizeOf(file);
  const api = await openApi(context.dataFolder);
  const outgoing = { sizeBytes, bytes: createReadStream(file) as AsyncIterable<Buffer> };
  const answer = await api.hand('/api/import', EXPORT_TYPE, outgoing);
  tell(context, answer, () => {
    const imported = decodeAnswer(Imported, answer);
    const { known_contacts, known_messages, known_rooms, known_events } = imported;
    const known = known_contacts + known_messages + known_rooms + known_events;
    const added = [
      `${count(imported.contacts, 'contact')}, ${count(imported.messages, 'message')}`,
      `${count(imported.rooms, 'room')} and ${count(imported.events, 'event')}`,
    ].join(', ');
    return [
      `Added ${added}; ${known} were there already.`,
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
