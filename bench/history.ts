/** A history like that of an owner with two hundred contacts, written through the store itself. */
import {
  openMessageStore,
  type JournalMessageStore,
  type MessageStoreOptions,
} from '../daemon/stores/message-store.ts';
import { RoomEventIndex } from '../daemon/stores/room-event-index.ts';
import { parseAddress } from '../daemon/wire/address.ts';
import type { NewMessage } from '../daemon/domain/model.ts';

export const CONVERSATIONS = 200;
const BATCH = 1000;
/** Messages that are delivered by one answer. */
const DELIVERED_TOGETHER = 10;
const STARTED_AT = 1_772_366_400_000;

const own = parseAddress('203.0.113.9');
const other = parseAddress('203.0.113.7');

/** As a daemon opens it, rooms included: the indexes of segments are good for whoever opens them the same way. */
export function openHistory(
  options: Omit<MessageStoreOptions, 'onNotice' | 'rooms'>,
): Promise<JournalMessageStore> {
  const rooms = new RoomEventIndex(1);
  return openMessageStore({ ...options, rooms, onNotice: () => undefined });
}

/** @param isDelivered Whether those that were sent have come; else all are sent, and wait. */
export async function writeHistory(
  folder: string,
  messages: number,
  isDelivered = true,
): Promise<void> {
  const store = await openHistory({ journal: { folder, fsync: 'never' } });
  for (let done = 0; done < messages; done += BATCH) {
    const count = Math.min(BATCH, messages - done);
    const batch = Array.from({ length: count }, (_, i) => createMessage(done + i, isDelivered));
    const stored = await store.add(batch);
    if (!isDelivered) continue;
    const sent = stored.filter(({ direction }) => direction === 'out');
    for (let start = 0; start < sent.length; start += DELIVERED_TOGETHER) {
      const together = sent.slice(start, start + DELIVERED_TOGETHER).map(({ s }) => s);
      void store.note({
        conversation: 1,
        messages: together,
        step: 'delivered',
        at: STARTED_AT + done,
        via: undefined,
        enctype: undefined,
        outcome: 'ok',
      });
    }
  }
  await store.close();
}

/** 100 to 299 letters, to and from all in turn. */
export function createMessage(index: number, isAnswered = true): NewMessage {
  const round = Math.floor(index / CONVERSATIONS);
  const isIncoming = isAnswered && round % 2 === 1;
  const at = STARTED_AT + index;
  return {
    conversation: 1 + (index % CONVERSATIONS),
    id: `${index}`.padStart(22, 'i'),
    direction: isIncoming ? 'in' : 'out',
    from: isIncoming ? other : own,
    to: isIncoming ? own : other,
    text: `${index} `.padEnd(100 + (index % 200), 'x'),
    wireTimestamp: new Date(at).toISOString(),
    timestamp: at,
    receivedAt: at,
    enctype: 'dr1',
    sequence: 1 + (isAnswered ? Math.floor(round / 2) : round),
    via: undefined,
  };
}
