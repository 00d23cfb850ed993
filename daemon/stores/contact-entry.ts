/**
 * One entry of `contacts.json`: the members of the source document, and all that we add under `other_info`.
 *
 * Source: docs/storage.md#contacts.
 */
import type { Address } from '../wire/address.ts';
import type { Contact, ContactNumber } from '../domain/model.ts';
import { FieldReader, formatTime } from './field-reader.ts';
import type { Members } from './members.ts';

/** Members that we do not know and keep. */
export type UnknownMembers = Readonly<{ entry: Members; otherInfo: Members }>;

/** What a new contact would get. */
export type EntryDefaults = Readonly<{
  address: Address;
  number: () => ContactNumber;
  issuedKey: () => string;
  nowMs: number;
}>;

export type DecodedEntry = Readonly<{
  contact: Contact;
  unknown: UnknownMembers;
  /** What only we can give it was missing. */
  isCompleted: boolean;
}>;

/**
 * Reads an entry; one with only the source document's members gets defaults for ours.
 *
 * @throws {FieldError} A member has another type.
 */
export function decodeEntry(value: unknown, defaults: EntryDefaults): DecodedEntry {
  const entry = new FieldReader(value);
  const key = entry.text('key');
  const lastOnlineAt = entry.time('last_online');
  const lastConnectAt = entry.time('last_connect');
  const info = entry.object('other_info');
  const isCompleted = !info.has('number') || !info.has('issued_key');
  const contact: Contact = {
    address: defaults.address,
    nick: entry.text('nick'),
    lastOnlineAt,
    lastConnectAt,
    canResend: entry.flag('can_resend'),
    key: key === '' ? undefined : key,
    state: info.choice(
      'state',
      ['requested', 'established'],
      key === '' ? 'requested' : 'established',
    ),
    isHandshakeDue: info.flag('handshake_due', true),
    newKey: decodeNewKey(info),
    relayFor: info.flag('relay_for', true),
    relayPlain: info.flag('relay_plain'),
    isMuted: info.flag('muted'),
    isBlocked: info.flag('blocked'),
    since: info.time('since') ?? defaults.nowMs,
    relayRefusedAt: info.time('relay_refused'),
    readUpTo: info.count('read_up_to', 0),
    issuedKey: info.has('issued_key') ? info.text('issued_key') : defaults.issuedKey(),
    number: info.has('number') ? info.count('number', 0) : defaults.number(),
  };
  return { contact, unknown: { entry: entry.rest(), otherInfo: info.rest() }, isCompleted };
}

/** A contact as its entry. */
export function encodeEntry(contact: Contact, unknown: UnknownMembers | undefined): object {
  return {
    nick: contact.nick,
    last_online: formatTime(contact.lastOnlineAt),
    last_connect: formatTime(contact.lastConnectAt),
    can_resend: contact.canResend ? 1 : 0,
    key: contact.key ?? '',
    other_info: {
      number: contact.number,
      state: contact.state,
      since: formatTime(contact.since),
      issued_key: contact.issuedKey,
      handshake_due: contact.isHandshakeDue,
      new_key: contact.newKey && { key: contact.newKey.key, at: formatTime(contact.newKey.at) },
      relay_for: contact.relayFor,
      relay_plain: contact.relayPlain,
      relay_refused: formatTime(contact.relayRefusedAt),
      muted: contact.isMuted,
      blocked: contact.isBlocked,
      read_up_to: contact.readUpTo,
      ...unknown?.otherInfo,
    },
    ...unknown?.entry,
  };
}

function decodeNewKey(info: FieldReader): Contact['newKey'] {
  if (!info.has('new_key')) return undefined;
  const newKey = info.object('new_key');
  return { key: newKey.text('key'), at: newKey.time('at') ?? 0 };
}
