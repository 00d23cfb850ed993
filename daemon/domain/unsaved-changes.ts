import type { Contact, ContactNumber } from './model.ts';

/** A change of a contact that is in memory, and on its way to the disk. */
export type UnsavedChange = Readonly<{ number: ContactNumber; change: Partial<Contact> }>;

/** Changes of contacts on their way to the disk, so that one that never gets there can be taken back. */
export class UnsavedChanges {
  /** In the order in which they were made. */
  readonly #changes = new Set<UnsavedChange>();

  begin(number: ContactNumber, change: Partial<Contact>): UnsavedChange {
    const unsaved = { number, change };
    this.#changes.add(unsaved);
    return unsaved;
  }

  /** The disk has it, or has refused it. */
  end(unsaved: UnsavedChange): void {
    this.#changes.delete(unsaved);
  }

  /**
   * A contact without a change that the disk has refused: each field that is still as the change made it becomes what a
   * later change made it, or else what it is on the disk.
   *
   * @param refused One that has ended.
   * @param present The contact as it is in memory.
   * @param saved   The contact as it is on the disk.
   */
  without({ number, change }: UnsavedChange, present: Contact, saved: Contact): Contact {
    let contact = present;
    for (const field of fieldsOf(change)) {
      if (present[field] !== change[field]) continue;
      const source = this.#latest(number, field) ?? saved;
      contact = { ...contact, [field]: source[field] };
    }
    return contact;
  }

  #latest(number: ContactNumber, field: keyof Contact): Partial<Contact> | undefined {
    return [...this.#changes].findLast((one) => one.number === number && field in one.change)
      ?.change;
  }
}

function fieldsOf(change: Partial<Contact>): readonly (keyof Contact)[] {
  // `Object.keys` forgets whose keys they are.
  return Object.keys(change) as (keyof Contact)[];
}
