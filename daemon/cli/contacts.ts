import { ContactsAnswer, type ContactAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { formatAge, formatTable, oneLine } from './format.ts';
import { tell } from './tell.ts';

/** `vestnik contacts`: who is in the address book, and who asks to be. */
export async function contacts(context: CommandContext, nowMs = Date.now()): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer = await api.call('GET', '/api/contacts');
  tell(context, answer, () => formatContacts(decodeAnswer(ContactsAnswer, answer), nowMs));
}

function formatContacts(list: readonly ContactAnswer[], nowMs: number): string {
  if (list.length === 0) {
    return 'No contacts yet. Add a friend by address: vestnik add ADDRESS';
  }
  return formatTable(
    list.map((contact) => [
      oneLine(contact.nick === '' ? '–' : contact.nick),
      contact.address,
      describeState(contact, nowMs),
      contact.unread > 0 ? `${contact.unread} new` : '',
    ]),
  );
}

function describeState(contact: ContactAnswer, nowMs: number): string {
  if (contact.blocked) return 'blocked';
  switch (contact.state) {
    case 'requested':
      return 'asked, has not accepted yet';
    case 'request':
      return 'wants to be your contact: vestnik accept or dismiss';
    case 'established':
      return describePresence(contact, nowMs);
  }
}

function describePresence({ presence, last_online }: ContactAnswer, nowMs: number): string {
  if (presence !== 'offline') return presence;
  return last_online === null ? 'not seen yet' : `seen ${formatAge(last_online, nowMs)}`;
}
