import { isContactLink, parseContactLink } from '../wire/contact-link.ts';
import { openApi, type ApiClient } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { contactPath, findAddress } from './contact-address.ts';
import { oneLine } from './format.ts';
import { askSafetyNumber, formatSafetyNumber } from './safety-number.ts';
import { tell } from './tell.ts';

/** `fingerprint`: as the contact told it; without one a person compares the safety number. */
export type VerifyOptions = Readonly<{ fingerprint?: string; undo?: boolean }>;

/** `vestnik verify CONTACT`: notes that its identity was compared, or takes that back. */
export async function verify(
  context: CommandContext,
  contact: string,
  { fingerprint, undo }: VerifyOptions,
): Promise<void> {
  const isUndone = undo === true;
  if (isUndone && fingerprint !== undefined) {
    throw new CommandError('usage', 'either --fingerprint or --undo, not both');
  }
  if (!isUndone && fingerprint === undefined) requirePerson(context);
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const path = `${contactPath(address)}/verify`;
  const name = oneLine(contact);
  if (isUndone) {
    tell(context, await api.call('DELETE', path), () => `${name} is not verified any more.`);
    return;
  }
  const compared = fingerprint ?? (await compare(context, api, { name, address }));
  const body = { fingerprint: isContactLink(compared) ? fingerprintIn(compared) : compared };
  tell(context, await api.call('POST', path, body), () => `${name} is verified.`);
}

/** The fingerprint behind the number that the person saw: the contact may have another by the time of the answer. */
async function compare(
  { terminal }: CommandContext,
  api: ApiClient,
  { name, address }: Readonly<{ name: string; address: string }>,
): Promise<string> {
  const { number } = await askSafetyNumber(api, address);
  terminal.print(`Ask ${name}, in person or by phone, for the safety number that they see:`);
  terminal.print(formatSafetyNumber(number));
  if (await terminal.askYes('Is it the same, all of it?')) return number.peer;
  throw new CommandError(
    'refused',
    `${name} is not verified. If the numbers differ, somebody may stand between you: write nothing secret, and exchange contact links in another way`,
  );
}

function requirePerson({ terminal, isJson }: CommandContext): void {
  if (terminal.isPersonTyping && !isJson) return;
  throw new CommandError('usage', 'nobody is there to compare the number; give --fingerprint');
}

function fingerprintIn(link: string): string {
  return parseContactLink(link).fingerprint;
}
