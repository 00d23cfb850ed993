import { open } from 'node:fs/promises';
import { NEWLINE, parseLine } from '../../storage/line.ts';
import type { ContactNumber } from '../domain/model.ts';
import type { RoomUid } from '../domain/room-model.ts';
import { decodeRecord } from './message-records.ts';
import { decodeEvent } from './room-records.ts';

/** What is read and parsed in one go: 2 ms of work, so that nobody else has to wait. */
const CHUNK_BYTES = 64 * 1024;
/** The kind of a record stands right behind its number. */
const KINDS = ['"k":"msg"', '"k":"ev"'].map((kind) => Buffer.from(kind));
const KIND_MAX_OFFSET = 32;

/** Where a message was written: to a contact, or in a room under a number. */
export type WrittenIn = ContactNumber | Readonly<{ room: RoomUid; seqnr: number }>;
/** What search needs to know of a message. */
export type WrittenMessage = Readonly<{ s: number; in: WrittenIn; text: string }>;
/** Messages of a stretch of a segment, and the offset at which it ends. */
export type WrittenMessages = Readonly<{ messages: readonly WrittenMessage[]; end: number }>;

/** Where to read: whole lines from `start` to `end`, of records up to `lastS`. */
export type Stretch = Readonly<{ path: string; start: number; end: number; lastS: number }>;

/**
 * Goes through the messages of a segment in order, a chunk at a time; damaged lines are passed over.
 *
 * @throws What the file system throws.
 */
export async function* readMessages(stretch: Stretch): AsyncIterable<WrittenMessages> {
  const file = await open(stretch.path, 'r');
  try {
    let rest = Buffer.alloc(0);
    for (let offset = stretch.start; offset < stretch.end;) {
      const sizeBytes = Math.min(CHUNK_BYTES, stretch.end - offset);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(sizeBytes), {
        position: offset,
      });
      if (bytesRead === 0) return;
      offset += bytesRead;
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const wholeBytes = bytes.lastIndexOf(NEWLINE) + 1;
      rest = bytes.subarray(wholeBytes);
      const messages = parseLines(bytes.subarray(0, wholeBytes), stretch.lastS);
      yield { messages, end: offset - rest.length };
    }
  } finally {
    await file.close();
  }
}

function parseLines(bytes: Buffer, lastS: number): readonly WrittenMessage[] {
  const messages: WrittenMessage[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, start);
    const message = parseMessage(bytes, start, end);
    // What lies beyond was never acknowledged, and written again in the next segment (D6).
    if (message !== undefined && message.s <= lastS) messages.push(message);
    start = end + 1;
  }
  return messages;
}

function parseMessage(bytes: Buffer, start: number, end: number): WrittenMessage | undefined {
  const beginning = bytes.subarray(start, Math.min(end, start + KIND_MAX_OFFSET));
  if (!KINDS.some((kind) => beginning.includes(kind))) return undefined;
  const line = parseLine(bytes, start, end);
  return line === undefined ? undefined : (messageOf(line) ?? saidIn(line));
}

type Line = Readonly<{ s: number; record: unknown }>;

function messageOf({ s, record: value }: Line): WrittenMessage | undefined {
  const record = decodeRecord(value);
  return record?.k === 'msg' ? { s, in: record.n, text: record.m } : undefined;
}

function saidIn({ s, record }: Line): WrittenMessage | undefined {
  const event = decodeEvent(record);
  if (event?.type !== 'MSG') return undefined;
  const { room, seqnr, text } = event;
  return { s, in: { room, seqnr }, text };
}
