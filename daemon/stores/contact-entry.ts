/**
 * One entry of `contacts.json`: the members of the source document, and all that we add under `other_info`.
 *
 * Source: docs/storage.md#contacts.
 */
import type { Address } from '../wire/address.ts';
import type { ClaimedIdentity, Contact, ContactNumber, PeerIdentity } from '../domain/model.ts';
import { decodeBase64url } from '../wire/base64url.ts';
import type { ShownPresence } from '../wire/dr1-inner.ts';
import { PRESENCE_SHARINGS, RETENTION_PERIODS } from '../wire/gui-api.ts';
import { FieldError, FieldReader, formatTime } from './field-reader.ts';
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
    retiredKeys: info.texts('retired_keys'),
    state: info.choice(
      'state',
      ['requested', 'established'],
      key === '' ? 'requested' : 'established',
    ),
    isHandshakeDue: info.flag('handshake_due', true),
    candidate: decodeCandidate(info),
    ...decodeEncryption(info, key),
    knownAs: info.has('known_as') ? bytesIn(info, 'known_as', 32) : undefined,
    isRekeyOffered: info.flag('rekey_offered'),
    rekeyed: decodeRekeyed(info),
    refusedPlain: info.count('refused_plain', 0),
    sequenceBase: info.count('sequence_base', 0),
    countedSince: info.time('counted_since'),
    peerSequenceBase: info.count('peer_sequence_base', 0),
    peerCountedSince: info.time('peer_counted_since'),
    peerSequenceStart: info.has('peer_sequence_start')
      ? info.count('peer_sequence_start', 0)
      : undefined,
    relayFor: info.flag('relay_for', true),
    relayPlain: info.flag('relay_plain'),
    isMuted: info.flag('muted'),
    isBlocked: info.flag('blocked'),
    since: info.time('since') ?? defaults.nowMs,
    relayRefusedAt: info.time('relay_refused'),
    readUpTo: info.count('read_up_to', 0),
    retention: info.has('retention')
      ? info.choice('retention', RETENTION_PERIODS, 'forever')
      : undefined,
    sharesPresence: info.choice('shares_presence', PRESENCE_SHARINGS, 'full'),
    toldPresence: info.has('told_presence')
      ? decodePresence(info.object('told_presence'))
      : undefined,
    shownPresence: info.has('shown_presence')
      ? decodeShown(info.object('shown_presence'))
      : undefined,
    takenBack: decodeTakenBack(info),
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
      retired_keys: contact.retiredKeys,
      handshake_due: contact.isHandshakeDue,
      encryption: contact.encryption,
      plain_by_choice: contact.isPlainByChoice,
      identity: contact.identity && { ...contact.identity },
      trust: contact.identity && contact.trust,
      known_to_peer: contact.isKnownToPeer,
      known_as: contact.knownAs,
      rekey_offered: contact.isRekeyOffered ? true : undefined,
      rekeyed: contact.rekeyed && {
        from: contact.rekeyed.from,
        at: formatTime(contact.rekeyed.at),
      },
      expected: contact.expected && { ...contact.expected },
      candidate: encodeCandidate(contact.candidate),
      refused_plain: contact.refusedPlain,
      sequence_base: contact.sequenceBase,
      counted_since: formatTime(contact.countedSince),
      peer_sequence_base: contact.peerSequenceBase,
      peer_counted_since: formatTime(contact.peerCountedSince),
      peer_sequence_start: contact.peerSequenceStart,
      relay_for: contact.relayFor,
      relay_plain: contact.relayPlain,
      relay_refused: formatTime(contact.relayRefusedAt),
      muted: contact.isMuted,
      blocked: contact.isBlocked,
      read_up_to: contact.readUpTo,
      retention: contact.retention,
      shares_presence: contact.sharesPresence === 'full' ? undefined : contact.sharesPresence,
      told_presence: contact.toldPresence && encodePresence(contact.toldPresence),
      shown_presence: contact.shownPresence && {
        ...encodePresence(contact.shownPresence),
        at: formatTime(contact.shownPresence.at),
      },
      taken_back: contact.takenBack && {
        messages: contact.takenBack.count,
        at: formatTime(contact.takenBack.at),
      },
      ...unknown?.otherInfo,
    },
    ...unknown?.entry,
  };
}

type EncryptionFields = Pick<
  Contact,
  'encryption' | 'isPlainByChoice' | 'identity' | 'trust' | 'expected' | 'isKnownToPeer'
>;

/** An entry that says nothing about encryption is of a daemon that knew none; with a key, its contact is plain. */
function decodeEncryption(info: FieldReader, key: string): EncryptionFields {
  const identity = info.has('identity') ? decodeIdentity(info.object('identity')) : undefined;
  const said = info.choice(
    'encryption',
    ['undecided', 'plain', 'dr1'],
    key === '' ? 'undecided' : 'plain',
  );
  // Whoever took the identity out of the file by hand wants to begin anew.
  const encryption = identity === undefined && said === 'dr1' ? 'undecided' : said;
  return {
    encryption: identity === undefined ? encryption : 'dr1',
    isPlainByChoice: info.flag('plain_by_choice'),
    identity,
    trust: info.choice('trust', ['tofu', 'invited', 'verified'], 'tofu'),
    expected: decodeExpected(info),
    isKnownToPeer: info.flag('known_to_peer'),
  };
}

function decodeIdentity(identity: FieldReader): PeerIdentity {
  return { id: bytesIn(identity, 'id', 32), dh: bytesIn(identity, 'dh', 32) };
}

/** @throws {FieldError} It is not base64url of this size. */
function bytesIn(reader: FieldReader, name: string, sizeBytes: number): string {
  const text = reader.text(name);
  try {
    decodeBase64url(text, sizeBytes);
    return text;
  } catch {
    throw new FieldError(`${name} is not base64url of ${sizeBytes} bytes`);
  }
}

function decodeExpected(info: FieldReader): Contact['expected'] {
  if (!info.has('expected')) return undefined;
  const expected = info.object('expected');
  return {
    fingerprint: bytesIn(expected, 'fingerprint', 32),
    source: expected.choice('source', ['link', 'request'], 'request'),
    invitation: expected.has('invitation') ? bytesIn(expected, 'invitation', 16) : undefined,
  };
}

function decodeRekeyed(info: FieldReader): Contact['rekeyed'] {
  if (!info.has('rekeyed')) return undefined;
  const rekeyed = info.object('rekeyed');
  return { from: bytesIn(rekeyed, 'from', 32), at: rekeyed.time('at') ?? 0 };
}

function decodeTakenBack(info: FieldReader): Contact['takenBack'] {
  if (!info.has('taken_back')) return undefined;
  const takenBack = info.object('taken_back');
  return { count: takenBack.count('messages', 0), at: takenBack.time('at') ?? 0 };
}

function decodePresence(presence: FieldReader): ShownPresence {
  return {
    status: presence.choice('status', ['online', 'busy', 'hidden'], 'online'),
    showsLastSeen: presence.flag('last_seen', true),
  };
}

function decodeShown(presence: FieldReader): Contact['shownPresence'] {
  return { ...decodePresence(presence), at: presence.time('at') ?? 0 };
}

function encodePresence({ status, showsLastSeen }: ShownPresence): object {
  return { status, last_seen: showsLastSeen };
}

/** A former version had `new_key`, without an identity. */
function decodeCandidate(info: FieldReader): Contact['candidate'] {
  const former = info.has('new_key') ? info.object('new_key') : undefined;
  const candidate = info.has('candidate') ? info.object('candidate') : former;
  if (candidate === undefined) return undefined;
  return {
    key: candidate.text('key'),
    at: candidate.time('at') ?? 0,
    identity: candidate.has('identity') ? decodeClaim(candidate.object('identity')) : undefined,
  };
}

/** What a stranger said of itself, as it was kept. */
export function decodeClaim(claim: FieldReader): ClaimedIdentity {
  return { ...decodeIdentity(claim), bind: bytesIn(claim, 'bind', 64) };
}

function encodeCandidate(candidate: Contact['candidate']): object | undefined {
  return candidate && { ...candidate, at: formatTime(candidate.at) };
}
