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
    return 'No contacts yet. Give a friend your link: vestnik link. Or add theirs: vestnik add LINK';
  }
  return formatTable(
    list.map((contact) => [
      oneLine(contact.nick === '' ? '–' : contact.nick),
      contact.address,
      describeState(contact, nowMs),
      describeTrust(contact),
      contact.unread > 0 ? `${contact.unread} new` : '',
    ]),
  );
}

function describeState(contact: ContactAnswer, nowMs: number): string {
  if (contact.blocked) return 'blocked';
  if (contact.other_info.candidate !== null) return describeCandidate(contact);
  switch (contact.state) {
    case 'requested':
      return 'asked, has not accepted yet';
    case 'request':
      return 'wants to be your contact: vestnik accept or dismiss';
    case 'established':
      return describePresence(contact, nowMs);
  }
}

/** Somebody came in a contact's place; nothing else about it matters as much. */
function describeCandidate({ trust, other_info: { candidate } }: ContactAnswer): string {
  const what =
    candidate?.fingerprint !== null
      ? 'came with another identity'
      : trust === 'plain'
        ? 'came with another key'
        : 'came without encryption';
  return `${what}: vestnik accept or dismiss`;
}

function describeTrust({ state, trust }: ContactAnswer): string {
  switch (trust) {
    case 'verified':
      return 'encrypted, verified';
    case 'invited':
      return 'encrypted, known by link';
    case 'tofu':
      return 'encrypted, not verified';
    case 'plain':
      return 'not encrypted';
    case 'undecided':
      return state === 'request' ? 'offers encryption' : '';
  }
}

function describePresence(contact: ContactAnswer, nowMs: number): string {
  const { presence, last_online, other_info } = contact;
  if (presence !== 'offline') return presence;
  if (other_info.shows_presence === 'nothing') return 'away, or not to be seen';
  if (other_info.shows_presence === 'no_last_seen') return 'away';
  return last_online === null ? 'not seen yet' : `seen ${formatAge(last_online, nowMs)}`;
}
