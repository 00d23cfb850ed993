import type { RoomEvent } from '../domain/room-model.ts';
import {
  encodeBatched,
  encodeEventBody,
  encodeEventHeaders,
  type WechatEvent,
} from '../wire/wechat.ts';

type EventText = Readonly<{ headers: Readonly<Record<string, string>>; body: Buffer }>;

/** Events as bytes: each is written once, however many guests get it. */
export class EventTexts {
  readonly #single = new WeakMap<RoomEvent, EventText>();
  readonly #batched = new WeakMap<RoomEvent, string>();
  readonly #batches = new WeakMap<readonly RoomEvent[], Buffer>();

  /** One event in the form of the source document. */
  one(event: RoomEvent): EventText {
    return remembered(this.#single, event, () => {
      const wire = toWire(event);
      return { headers: encodeEventHeaders(wire), body: Buffer.from(encodeEventBody(wire)) };
    });
  }

  /** Several events as a JSON array. */
  batch(events: readonly RoomEvent[]): Buffer {
    return remembered(this.#batches, events, () => {
      const items = events.map((event) =>
        remembered(this.#batched, event, () => encodeBatched(toWire(event))),
      );
      return Buffer.from(`[${items.join(',')}]`);
    });
  }
}

function toWire(event: RoomEvent): WechatEvent {
  const { seqnr } = event;
  if (event.type === 'DIR') return { seqnr, type: 'DIR', source: '', body: event.users };
  return { seqnr, type: 'MSG', source: event.from, body: event.text };
}

function remembered<Key extends object, Value>(
  known: WeakMap<Key, Value>,
  key: Key,
  make: () => Value,
): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
