import { stateAfter, type ContactNumber } from '../domain/model.ts';
import type { Undelivered } from '../domain/ports.ts';
import type { HistoryRecord, MessageRecord, StateRecord } from './message-records.ts';

/** Finds what still has a way to go, while the journal is read at start. */
export class UndeliveredSearch {
  /** Outgoing messages that were not delivered so far, failed ones included: they may be tried again. */
  readonly #messages = new Map<number, Undelivered>();

  /** Takes in the record at place `s`. */
  apply(record: HistoryRecord, s: number): void {
    switch (record.k) {
      case 'msg':
        this.#add(record, s);
        break;
      case 'state':
        this.#step(record);
        break;
      case 'del':
        for (const place of record.of) this.#messages.delete(place);
        break;
      case 'drop':
        this.#drop(record.n);
        break;
      case 'conv':
      case 'tomb':
      case 'seq':
        break;
    }
  }

  /** Messages in state `queued` or `relayed`, by place. */
  result(): readonly Undelivered[] {
    return [...this.#messages.values()].filter(({ state }) => state !== 'failed');
  }

  #drop(number: ContactNumber): void {
    for (const { conversation, s } of this.#messages.values()) {
      if (conversation === number) this.#messages.delete(s);
    }
  }

  #add({ n, d, m, at }: MessageRecord, s: number): void {
    if (d === 'in') return;
    const sizeBytes = Buffer.byteLength(m);
    this.#messages.set(s, { conversation: n, s, state: 'queued', sizeBytes, at });
  }

  #step({ of, st }: StateRecord): void {
    for (const place of of) {
      const message = this.#messages.get(place);
      if (message === undefined) continue;
      const state = stateAfter(st, message.state);
      if (state === 'delivered' || state === 'read') this.#messages.delete(place);
      else if (state !== message.state) this.#messages.set(place, { ...message, state });
    }
  }
}
