import { MeAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { findAddress } from './contact-address.ts';
import { oneLine } from './format.ts';
import { askSafetyNumber, formatSafetyNumber } from './safety-number.ts';
import { tell } from './tell.ts';

/** `candidate`: not of the contact but of who came in its place. */
export type FingerprintOptions = Readonly<{ candidate?: boolean }>;

/** `vestnik fingerprint [CONTACT]`: who we are; who a contact is, and what to compare with it. */
export async function fingerprint(
  context: CommandContext,
  contact: string | undefined,
  { candidate }: FingerprintOptions,
): Promise<void> {
  const isCandidate = candidate === true;
  if (contact === undefined && isCandidate) throw new CommandError('usage', 'say of which contact');
  const api = await openApi(context.dataFolder);
  if (contact === undefined) {
    const answer = await api.call('GET', '/api/me');
    tell(context, answer, () => decodeAnswer(MeAnswer, answer).fingerprint);
    return;
  }
  const { answer, number } = await askSafetyNumber(
    api,
    await findAddress(api, contact),
    isCandidate,
  );
  const name = oneLine(contact);
  tell(context, answer, () =>
    [
      isCandidate ? `Fingerprint of who came in place of ${name}:` : `Fingerprint of ${name}:`,
      `    ${number.peer}`,
      'Safety number, the same on both sides if nobody stands between you:',
      formatSafetyNumber(number),
    ].join('\n'),
  );
}
