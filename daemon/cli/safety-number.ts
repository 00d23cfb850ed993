import { SafetyNumberAnswer } from './answers.ts';
import { decodeAnswer, type ApiClient } from './api-client.ts';
import { contactPath } from './contact-address.ts';

const GROUPS_PER_LINE = 4;

/**
 * What to compare with a contact, as the daemon answered and as this program reads it.
 *
 * @param isCandidate Of who came in the contact's place.
 */
export async function askSafetyNumber(
  api: ApiClient,
  address: string,
  isCandidate = false,
): Promise<Readonly<{ answer: unknown; number: SafetyNumberAnswer }>> {
  const query = isCandidate ? '?of=candidate' : '';
  const answer = await api.call('GET', `${contactPath(address)}/safety-number${query}`);
  return { answer, number: decodeAnswer(SafetyNumberAnswer, answer) };
}

/** The twelve groups as three lines, each indented. */
export function formatSafetyNumber({ groups }: SafetyNumberAnswer): string {
  const lines: string[] = [];
  for (let start = 0; start < groups.length; start += GROUPS_PER_LINE) {
    lines.push(`    ${groups.slice(start, start + GROUPS_PER_LINE).join(' ')}`);
  }
  return lines.join('\n');
}
