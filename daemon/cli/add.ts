import { ContactAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { oneLine } from './format.ts';
import { tell } from './tell.ts';

export type AddOptions = Readonly<{ nick?: string; relay?: boolean }>;

/** `vestnik add ADDRESS`, or a contact link: asks somebody to be a contact. */
export async function add(
  context: CommandContext,
  address: string,
  { nick, relay }: AddOptions,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer = await api.call('POST', '/api/contacts', {
    address,
    ...(nick === undefined ? {} : { nick }),
    ...(relay === true ? { can_resend: 1 } : {}),
  });
  tell(context, answer, () => describe(decodeAnswer(ContactAnswer, answer)));
}

function describe(contact: ContactAnswer): string {
  const name = oneLine(contact.nick === '' ? contact.address : contact.nick);
  return contact.state === 'established'
    ? `${name} is your contact now.`
    : `Asked ${name}. You can write already; it arrives once they accept. We keep trying while they are away.`;
}
