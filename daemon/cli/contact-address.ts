import { tryParseAddress } from '../wire/address.ts';
import { ContactsAnswer } from './answers.ts';
import { decodeAnswer, type ApiClient } from './api-client.ts';
import { CommandError } from './command-error.ts';

/**
 * The address that the person means: an address in any spelling, or the nick of exactly one contact.
 *
 * @throws {CommandError} `refused`: neither, or several contacts have that nick.
 */
export async function findAddress(api: ApiClient, text: string): Promise<string> {
  const address = tryParseAddress(text);
  if (address !== undefined) return address;
  const contacts = decodeAnswer(ContactsAnswer, await api.call('GET', '/api/contacts'));
  const wanted = text.trim().toLowerCase();
  const [found, another] = contacts.filter(({ nick }) => nick.toLowerCase() === wanted);
  if (found === undefined) {
    throw new CommandError('refused', `"${text}" is no address, and no contact has that name`);
  }
  if (another !== undefined) {
    throw new CommandError('refused', `several contacts are called "${text}"; give the address`);
  }
  return found.address;
}

/** The path of a contact's resource. */
export function contactPath(address: string): string {
  return `/api/contacts/${encodeURIComponent(address)}`;
}

/** The path of a conversation. */
export function conversationPath(address: string): string {
  return `/api/conversations/${encodeURIComponent(address)}`;
}

/** The path of a conversation's messages. */
export function messagesPath(address: string): string {
  return `${conversationPath(address)}/messages`;
}

/** What a contact is called, or its address where nothing better is known. */
export async function nickOf(api: ApiClient, address: string): Promise<string> {
  const contacts = decodeAnswer(ContactsAnswer, await api.call('GET', '/api/contacts'));
  const nick = contacts.find((contact) => contact.address === address)?.nick ?? '';
  return nick === '' ? address : nick;
}
