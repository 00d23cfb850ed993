import { ContactsAnswer, MeAnswer, type ContactAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { count, formatTable, oneLine } from './format.ts';
import { tell } from './tell.ts';

/**
 * `vestnik status`: what the daemon is and how it goes.
 *
 * @param chosen What friends see of the owner from now on.
 */
export async function status(context: CommandContext, chosen?: string): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer =
    chosen === undefined
      ? await api.call('GET', '/api/me')
      : await api.call('PATCH', '/api/me', { status: chosen });
  const contacts = decodeAnswer(ContactsAnswer, await api.call('GET', '/api/contacts'));
  tell(context, answer, () => {
    const me = decodeAnswer(MeAnswer, answer);
    return formatTable([
      ['name', oneLine(me.nick)],
      ['status', me.status],
      ['address', me.address],
      ...me.addresses.filter((address) => address !== me.address).map((address) => ['', address]),
      ...me.listeners.map(({ name, url }) => [name, url]),
      ['contacts', describeContacts(contacts)],
      ['unread', count(sum(contacts.map(({ unread }) => unread)), 'message')],
      ['data', context.dataFolder],
      ['version', me.version],
    ]);
  });
}

function describeContacts(contacts: readonly ContactAnswer[]): string {
  const friends = contacts.filter(({ state }) => state === 'established');
  const online = friends.filter(({ presence }) => presence !== 'offline').length;
  const asking = contacts.filter(({ state }) => state === 'request').length;
  const asked = contacts.filter(({ state }) => state === 'requested').length;
  return [
    `${friends.length}, ${online} online`,
    ...(asking > 0 ? [`${asking} asking to be accepted`] : []),
    ...(asked > 0 ? [`${asked} yet to accept`] : []),
  ].join('; ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
