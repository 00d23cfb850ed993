import type { ShownPresence } from '../wire/dr1-inner.ts';
import type { OwnStatus } from '../wire/gui-api.ts';
import type { Contacts } from './contacts.ts';
import type { Controls } from './controls.ts';
import type { DomainEvents } from './events.ts';
import type { Contact } from './model.ts';
import type { Random } from './ports.ts';
import type { PresenceBook } from './presence.ts';

/** A change of mind is told within this, so that several are told as one, and not to everybody at the same moment. */
const TELL_WITHIN_MS = 3_000;
const TELL_AFTER_MS = 500;

/** What whoever was never told anything takes for granted. */
const UNTOLD: ShownPresence = { status: 'online', showsLastSeen: true };

type Dependencies = Readonly<{
  contacts: Pick<Contacts, 'list' | 'touch'>;
  controls: Pick<Controls, 'hello'>;
  events: DomainEvents;
  random: Random;
  presence: Pick<PresenceBook, 'isOnline'>;
  /** What a contact may see of our being here. */
  shownTo: (contact: Contact) => ShownPresence;
}>;

/** What a contact may see, as the owner wants it now. */
export function toShow({ sharesPresence }: Contact, status: OwnStatus): ShownPresence {
  const isHidden = status === 'invisible' || sharesPresence === 'nothing';
  return { status: isHidden ? 'hidden' : status, showsLastSeen: sharesPresence === 'full' };
}

/**
 * Tells contacts that encrypt what they may see of our being here, whenever that is not what they were told last: those
 * that are there now, the others when they come back. Nothing of it is for relays.
 */
export class OwnPresence {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  start(): void {
    const { events, contacts } = this.#deps;
    events.on('ownStatus', () => contacts.list().forEach((contact) => this.#tell(contact)));
    events.on('sharing', ({ contact }) => this.#tell(contact));
    events.on('cameOnline', ({ contact }) => this.#tell(contact));
  }

  /** A contact has been told this, and its daemon has it. */
  wasTold(contact: Contact, told: ShownPresence): void {
    if (isSame(contact.toldPresence, told)) return;
    this.#deps.contacts.touch(contact, { toldPresence: told });
    // The owner may have thought better of it while it was on its way.
    this.#tell({ ...contact, toldPresence: told });
  }

  #tell(contact: Contact): void {
    const { controls, presence, random, shownTo } = this.#deps;
    if (contact.encryption !== 'dr1' || !presence.isOnline(contact)) return;
    if (isSame(contact.toldPresence ?? UNTOLD, shownTo(contact))) return;
    controls.hello(contact, TELL_AFTER_MS + random.fraction() * (TELL_WITHIN_MS - TELL_AFTER_MS));
  }
}

function isSame(one: ShownPresence | undefined, other: ShownPresence): boolean {
  return one?.status === other.status && one.showsLastSeen === other.showsLastSeen;
}
