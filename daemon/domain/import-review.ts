/** The first look at an import: whether its lines belong together, before anything is taken. */
import { WireError } from '../wire/check.ts';
import {
  badLine,
  type ExportedContact,
  type ExportedMessage,
  type ExportedStep,
  type ExportLine,
} from '../wire/export.ts';
import { checkMessageSize } from '../wire/gui-limits.ts';
import { judgeTypedAddress } from './address-policy.ts';
import { RoomReview } from './import-rooms.ts';
import type { OwnAddresses } from './ports.ts';

/** Looks at all lines of an import, in order. */
export class ImportReview {
  readonly #own: OwnAddresses;
  readonly #contacts = new Set<string>();
  readonly #rooms = new RoomReview();
  #messages = 0;
  #lines = 0;
  #previous: ExportLine['k'] | undefined;

  /** @param own Addresses that no contact can have. */
  constructor(own: OwnAddresses) {
    this.#own = own;
  }

  /** @throws {WireError} `bad_request`, with the line. */
  look(line: ExportLine, number: number): void {
    if (!isInOrder(this.#previous, line.k)) throw badLine(number, 'it is not in its place');
    this.#previous = line.k;
    this.#lines = number;
    this.#lookAt(line, number);
  }

  #lookAt(line: ExportLine, number: number): void {
    switch (line.k) {
      case 'contact':
        this.#lookAtContact(line, number);
        break;
      case 'message':
        this.#lookAtMessage(line, number);
        break;
      case 'room':
        refuse(number, this.#rooms.lookAtRoom(line));
        break;
      case 'event':
        refuse(number, this.#rooms.lookAtEvent(line));
        break;
      case 'end':
        this.#lookAtEnd(line, number);
        break;
      case 'vestnik':
      case 'owner':
    }
  }

  /** @throws {WireError} The end is missing. */
  finish(): void {
    if (this.#previous !== 'end') throw badLine(this.#lines + 1, 'the export ends too early');
  }

  #lookAtContact({ address }: ExportedContact, number: number): void {
    if (this.#contacts.has(address)) throw badLine(number, `${address} is there twice`);
    const verdict = judgeTypedAddress(address, this.#own);
    if (verdict !== undefined) throw badLine(number, `${address}: ${verdict}`);
    this.#contacts.add(address);
  }

  #lookAtMessage({ contact, ...message }: ExportedMessage, number: number): void {
    if (!this.#contacts.has(contact)) throw badLine(number, `no line has the contact ${contact}`);
    if (message.direction === 'out' && waits(message.steps)) requireSendable(message, number);
    this.#messages += 1;
  }

  #lookAtEnd(end: Extract<ExportLine, { k: 'end' }>, number: number): void {
    const { rooms, events } = this.#rooms.counts;
    const areContacts = end.contacts === this.#contacts.size && end.messages === this.#messages;
    if (areContacts && end.rooms === rooms && end.events === events) return;
    throw badLine(number, 'lines are missing before the end');
  }
}

function refuse(number: number, why: string | undefined): void {
  if (why !== undefined) throw badLine(number, why);
}

/** What is going to leave must be what the owner could have written. */
function requireSendable({ message }: Pick<ExportedMessage, 'message'>, number: number): void {
  try {
    if (message.trim() === '') throw new WireError('bad_request', 'a message is not blank');
    checkMessageSize(message);
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw badLine(number, cause.message, cause);
  }
}

/** Which kinds may follow which; the owner's line is not always there. */
const FOLLOWERS: Readonly<Record<ExportLine['k'], readonly ExportLine['k'][]>> = {
  vestnik: ['owner', 'contact', 'room', 'end'],
  owner: ['contact', 'room', 'end'],
  contact: ['contact', 'message', 'room', 'end'],
  message: ['message', 'room', 'end'],
  room: ['room', 'event', 'end'],
  event: ['room', 'event', 'end'],
  end: [],
};

function isInOrder(previous: ExportLine['k'] | undefined, next: ExportLine['k']): boolean {
  return previous === undefined ? next === 'vestnik' : FOLLOWERS[previous].includes(next);
}

/** Whether an outgoing message still has a way to go after these steps. */
export function waits(steps: readonly ExportedStep[]): boolean {
  const last = steps.findLast(({ step }) => step !== 'attempt' && step !== 'accepted')?.step;
  return last === undefined || last === 'retry' || last === 'relayed';
}
