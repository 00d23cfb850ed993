import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { findAddress } from './contact-address.ts';
import { refuseExisting, saveFile } from './save-file.ts';
import { tell } from './tell.ts';

export type ExportOptions = Readonly<{ contact?: string }>;

/** An export that is whole ends like this. */
const END = /\n\{"k":"end",[^\n]*\}\n$/;

/** `vestnik export`: everything readable as lines of JSON, for people and other programs. */
export async function exportFile(
  context: CommandContext,
  file: string,
  { contact }: ExportOptions,
): Promise<void> {
  await refuseExisting(file);
  const api = await openApi(context.dataFolder);
  const address = contact === undefined ? undefined : await findAddress(api, contact);
  const query = address === undefined ? '' : `?address=${encodeURIComponent(address)}`;
  await saveFile(file, whole(await api.stream('GET', `/api/export${query}`)));
  tell(context, { file }, () => `${file} has everything readable. Nothing in it is encrypted.`);
}

/** An export as it comes, which must have its end. */
async function* whole(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let tail = '';
  for await (const part of bytes) {
    tail = (tail + Buffer.from(part).toString('latin1')).slice(-200);
    yield part;
  }
  if (!END.test(tail))
    throw new CommandError('bad_answer', 'the export broke off; nothing was kept');
}
