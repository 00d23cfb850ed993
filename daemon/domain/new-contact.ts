import type { Contact } from './model.ts';

type Known = Pick<Contact, 'number' | 'address' | 'state' | 'issuedKey' | 'since'>;

/** A contact of whom nothing else is known yet. */
export function newContact(known: Known & Partial<Contact>): Contact {
  return {
    nick: '',
    key: undefined,
    retiredKeys: [],
    isHandshakeDue: true,
    candidate: undefined,
    encryption: 'undecided',
    isPlainByChoice: false,
    identity: undefined,
    trust: 'tofu',
    expected: undefined,
    isKnownToPeer: false,
    knownAs: undefined,
    isRekeyOffered: false,
    rekeyed: undefined,
    refusedPlain: 0,
    sequenceBase: 0,
    countedSince: undefined,
    peerSequenceBase: 0,
    peerCountedSince: undefined,
    peerSequenceStart: undefined,
    canResend: false,
    relayFor: true,
    relayPlain: false,
    isMuted: false,
    isBlocked: false,
    lastOnlineAt: undefined,
    lastConnectAt: undefined,
    relayRefusedAt: undefined,
    readUpTo: 0,
    retention: undefined,
    sharesPresence: 'full',
    toldPresence: undefined,
    shownPresence: undefined,
    takenBack: undefined,
    ...known,
  };
}
