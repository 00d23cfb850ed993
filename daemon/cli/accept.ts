import { ContactAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { contactPath, findAddress } from './contact-address.ts';
import { oneLine } from './format.ts';
import { tell } from './tell.ts';

/**
 * `as`: where its daemon listens, when a contact request could not tell. `fingerprint`: whom the owner means.
 * `confirmed`: the second word, where one is needed.
 */
export type AcceptOptions = Readonly<{ as?: string; fingerprint?: string; confirmed?: boolean }>;

/** `vestnik accept CONTACT`: makes a contact of somebody who asked, or takes what came in a contact's place. */
export async function accept(
  context: CommandContext,
  contact: string,
  { as: address, fingerprint, confirmed }: AcceptOptions,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  const path = `${contactPath(await findAddress(api, contact))}/accept`;
  const answer = await api.call('POST', path, { address, fingerprint, confirmed });
  tell(context, answer, () => describe(oneLine(contact), decodeAnswer(ContactAnswer, answer)));
}

function describe(name: string, { trust }: ContactAnswer): string {
  const accepted = `${name} is your contact now.`;
  if (trust === 'plain') return `${accepted} What you write to each other is not encrypted.`;
  const start = trust === 'undecided' ? 'Once they have answered, make sure' : 'Make sure';
  return `${accepted} ${start} that it is really them: vestnik verify ${name}`;
}
