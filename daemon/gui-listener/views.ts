/** The domain's nouns as the GUI sees them. */
import { fingerprintOf } from '../domain/peer-identity.ts';
import type { Conversation } from '../domain/conversations.ts';
import type { FoundMessage } from '../domain/search.ts';
import type { Contact, ContactRequest, MessageStep, StoredMessage } from '../domain/model.ts';
import type { SequenceGap } from '../domain/ports.ts';
import type { Reachability } from '../domain/presence.ts';
import type { LedgerLine } from '../domain/relay.ts';
import type { NewLink } from '../domain/contact-links.ts';
import type { SafetyNumber } from '../domain/trust.ts';
import { isOverlayNode, splitAddress, type Address } from '../wire/address.ts';
import type {
  ApiConnection,
  ApiContact,
  ApiConversation,
  ApiFoundMessage,
  ApiLink,
  ApiMe,
  ApiMessage,
  ApiMessageDetails,
  ApiRelayEntry,
  ApiSafetyNumber,
  ApiSession,
  IsoTime,
  TimelineEntry,
} from '../wire/gui-api.ts';
import { formatTimestamp } from '../wire/timestamp.ts';
import type { GuiDomain } from './gui-domain.ts';
import type { Session } from './login.ts';

function formatTimestampOrNull(atMs: number | undefined): IsoTime | null {
  return atMs === undefined ? null : formatTimestamp(atMs);
}

/** A contact or contact request by address; `undefined` when there is neither. */
export function viewAddress(domain: GuiDomain, address: Address): ApiContact | undefined {
  const contact = domain.contacts.get(address);
  if (contact !== undefined) return viewContact(domain, contact);
  const request = domain.contacts.request(address);
  return request === undefined || request.isDismissed ? undefined : viewRequest(request);
}

/** Everybody in the address book and everybody who wants into it. */
export function viewContacts(domain: GuiDomain): readonly ApiContact[] {
  return [
    ...domain.contacts.requests().map(viewRequest),
    ...domain.contacts.list().map((contact) => viewContact(domain, contact)),
  ];
}

export function viewContact({ conversations, presence }: GuiDomain, contact: Contact): ApiContact {
  const reached = presence.of(contact);
  return {
    address: contact.address,
    nick: contact.nick,
    state: contact.state,
    ...viewTimes(contact, reached),
    can_resend: contact.canResend ? 1 : 0,
    presence: reached.presence,
    ...viewIdentity(contact),
    unread: conversations.unread(contact),
    blocked: contact.isBlocked,
    muted: contact.isMuted,
    relay_for: contact.relayFor,
    relay_plain: contact.relayPlain,
    retention: contact.retention ?? 'default',
    shares_presence: contact.sharesPresence,
    other_info: viewOtherInfo(contact, reached),
  };
}

/** When it was seen, for whoever may know. */
function viewTimes(
  { lastOnlineAt, lastConnectAt }: Contact,
  { sharing }: Reachability,
): Pick<ApiContact, 'last_online' | 'last_connect'> {
  if (sharing !== 'full') return { last_online: null, last_connect: null };
  return {
    last_online: formatTimestampOrNull(lastOnlineAt),
    last_connect: formatTimestampOrNull(lastConnectAt),
  };
}

type TrustView = Pick<ApiContact, 'verified' | 'trust' | 'id' | 'fingerprint' | 'encryption'>;

function viewIdentity({ encryption, identity, trust }: Contact): TrustView {
  if (identity === undefined) {
    const state = encryption === 'undecided' ? 'undecided' : 'plain';
    return { verified: false, trust: state, id: null, fingerprint: null, encryption: '' };
  }
  return {
    verified: trust === 'verified',
    trust,
    id: identity.id,
    fingerprint: fingerprintOf(identity),
    encryption,
  };
}

/** What a request claims is not checked before it is accepted (E20). */
function viewClaim(identity: ContactRequest['identity']): TrustView {
  const nothing = { verified: false, encryption: '' };
  if (identity === undefined) return { ...nothing, trust: 'plain', id: null, fingerprint: null };
  const fingerprint = fingerprintOf(identity);
  return { ...nothing, trust: 'undecided', id: identity.id, fingerprint };
}

function viewCandidate(candidate: Contact['candidate']): ApiContact['other_info']['candidate'] {
  if (candidate === undefined) return null;
  const { at, identity } = candidate;
  const fingerprint = identity === undefined ? null : fingerprintOf(identity);
  return { at: formatTimestamp(at), fingerprint };
}

function viewOtherInfo(contact: Contact, reached: Reachability): ApiContact['other_info'] {
  const { lastAttempt, nextAttemptAt, sharing } = reached;
  return {
    since: formatTimestamp(contact.since),
    handshake: contact.isHandshakeDue || contact.state === 'requested' ? 'waiting' : 'answered',
    shows_presence: sharing,
    last_attempt:
      lastAttempt === undefined
        ? null
        : { at: formatTimestamp(lastAttempt.at), outcome: lastAttempt.outcome },
    next_attempt: formatTimestampOrNull(nextAttemptAt),
    candidate: viewCandidate(contact.candidate),
    rekeyed: formatTimestampOrNull(contact.rekeyed?.at),
    refused_plain: contact.refusedPlain,
    taken_back: contact.takenBack === undefined ? null : viewTakenBack(contact.takenBack),
    address_proves: isOverlayNode(splitAddress(contact.address).host) ? 'node' : 'nothing',
    expected_fingerprint:
      contact.identity === undefined ? (contact.expected?.fingerprint ?? null) : null,
  };
}

function viewTakenBack({
  count,
  at,
}: NonNullable<Contact['takenBack']>): ApiContact['other_info']['taken_back'] {
  return { messages: count, at: formatTimestamp(at) };
}

export function viewRequest(request: ContactRequest): ApiContact {
  return {
    address: request.address,
    nick: request.nick,
    state: 'request',
    last_online: formatTimestamp(request.at),
    last_connect: null,
    can_resend: 0,
    presence: 'offline',
    ...viewClaim(request.identity),
    unread: 0,
    blocked: request.isBlocked,
    muted: false,
    relay_for: false,
    relay_plain: false,
    retention: 'default',
    shares_presence: 'full',
    other_info: {
      since: formatTimestamp(request.at),
      handshake: 'waiting',
      shows_presence: 'full',
      last_attempt: null,
      next_attempt: null,
      candidate: null,
      rekeyed: null,
      refused_plain: 0,
      taken_back: null,
      address_proves: isOverlayNode(splitAddress(request.address).host) ? 'node' : 'nothing',
      expected_fingerprint: null,
    },
  };
}

/** What a message's view takes from its conversation. */
export type Surroundings = Readonly<{ contact: Contact; gaps: readonly SequenceGap[] }>;

/** The surroundings of a contact's messages, as they are now. */
export function surroundingsOf(
  { conversations }: Pick<GuiDomain, 'conversations'>,
  contact: Contact,
): Surroundings {
  return { contact, gaps: conversations.missing(contact) };
}

export function viewMessage(message: StoredMessage, { contact, gaps }: Surroundings): ApiMessage {
  const view: ApiMessage = {
    id: message.id,
    s: message.s,
    rev: message.rev,
    from: message.from,
    to: message.to,
    message: message.text,
    timestamp: formatTimestamp(message.timestamp),
    received: formatTimestamp(message.receivedAt),
    direction: message.direction,
    state: message.state,
    enctype: message.enctype,
    verified: message.enctype !== '' && isVerified(contact),
    missing_before: message.direction === 'in' ? missingBefore(message.sequence, gaps) : 0,
    via: message.via ?? message.relayedBy ?? null,
  };
  return message.reason === undefined ? view : { ...view, reason: message.reason };
}

function isVerified({ identity, trust }: Contact): boolean {
  return identity !== undefined && trust === 'verified';
}

/** How many messages are missing just before this one. */
function missingBefore(sequence: number | undefined, gaps: readonly SequenceGap[]): number {
  const gap = gaps.find(({ last }) => last + 1 === sequence);
  return gap === undefined ? 0 : sizeOf(gap);
}

function sizeOf({ first, last }: SequenceGap): number {
  return last - first + 1;
}

export function viewFound(
  { message, marks }: FoundMessage,
  surroundings: Surroundings,
): ApiFoundMessage {
  const { address } = surroundings.contact;
  return { ...viewMessage(message, surroundings), address, marks };
}

/** A message with its way so far. Storing it was the first step of one that we sent. */
export function viewDetails(
  message: StoredMessage,
  steps: readonly MessageStep[],
  surroundings: Surroundings,
): ApiMessageDetails {
  const stored: TimelineEntry = {
    at: formatTimestamp(message.receivedAt),
    step: 'queued',
    via: null,
    outcome: null,
  };
  const timeline = steps.map(viewStep);
  return {
    ...viewMessage(message, surroundings),
    timeline: message.direction === 'out' ? [stored, ...timeline] : timeline,
  };
}

function viewStep({ at, step, via, outcome }: MessageStep): TimelineEntry {
  return { at: formatTimestamp(at), step, via: via ?? null, outcome: outcome ?? null };
}

export function viewConversation(
  domain: Pick<GuiDomain, 'conversations' | 'deletionRequests'>,
  { contact, last, unread }: Conversation,
): ApiConversation {
  const surroundings = surroundingsOf(domain, contact);
  return {
    address: contact.address,
    last: last === undefined ? null : viewMessage(last, surroundings),
    unread,
    read_up_to: contact.readUpTo,
    missing: surroundings.gaps.reduce((sum, gap) => sum + sizeOf(gap), 0),
    asked: domain.deletionRequests.of(contact),
  };
}

export function viewSafetyNumber({ groups, own, peer }: SafetyNumber): ApiSafetyNumber {
  return { groups, own, peer };
}

export function viewLink({ link, expiresAt }: NewLink): ApiLink {
  return { link, expires: formatTimestamp(expiresAt) };
}

export function viewRelayLine({ from, to, messages, bytes, oldestAt }: LedgerLine): ApiRelayEntry {
  return { from, to, messages, bytes, oldest: formatTimestamp(oldestAt) };
}

export function viewOwner(
  { owner, rekeying: { underWay } }: Pick<GuiDomain, 'owner' | 'rekeying'>,
  connection: ApiConnection,
): ApiMe {
  const { nick, ownStatus: status, address, addresses, version, listeners, settings } = owner;
  const own = { nick, status, address, addresses, ...owner.identity, version, listeners, settings };
  const rekey = underWay && { since: formatTimestamp(underWay.since), waiting: underWay.waiting };
  return { ...own, rekey: rekey ?? null, connection };
}

export function viewSession(session: Session, currentId: string | undefined): ApiSession {
  return {
    id: session.id,
    agent: session.agent,
    created: formatTimestamp(session.createdAt),
    used: formatTimestamp(session.usedAt),
    current: session.id === currentId,
  };
}
