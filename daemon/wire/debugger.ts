/**
 * What the debugger and its page say to each other over WebSocket.
 *
 * Source: docs/topics.md#debugger.
 */
import * as v from 'valibot';
import { decode } from './check.ts';

/** Path of the WebSocket. */
export const DEBUGGER_SOCKET_PATH = '/monitor';
/** Frames of a world that are kept. */
export const KEPT_FRAMES = 200;

/** A world of topics: that of the owner's GUIs, or that of the hub's guests. */
export type WorldName = 'owner' | 'guests';

/** What the page asks for. */
export type DebuggerCommand =
  /** Show this world from now on. */
  | Readonly<{ type: 'watch'; world: WorldName }>
  /** Show the value of one topic at greater length; `null`: of none. */
  | Readonly<{ type: 'open'; topic: string | null }>;

/** A topic as the list shows it. */
export type ListedTopic = Readonly<{
  name: string;
  type: string;
  /** Its value as JSON, the beginning of it; `null` for one of the daemon's own that nobody looks at. */
  text: string | null;
  /** UTF-16 units of the whole. */
  length: number;
  /** Ids of clients that are subscribed, and of how many in all. */
  subscribers: readonly string[];
  subscriberCount: number;
}>;

export type ListedService = Readonly<{ name: string; provider: string }>;

/** Something that went over a WebSocket of the world. */
export type ShownFrame = Readonly<{
  /** Counts them. */
  number: number;
  /** In milliseconds since 1970. */
  at: number;
  /** Id of the client. */
  client: string;
  direction: 'in' | 'out' | 'left';
  text: string;
}>;

/** What the debugger shows. */
export type DebuggerFrame =
  | Readonly<{ type: 'worlds'; worlds: readonly WorldName[] }>
  /** What is new or different since the last one; `isWhole`: forget what was before. */
  | Readonly<{
      type: 'state';
      world: WorldName;
      isWhole: boolean;
      topics: readonly ListedTopic[];
      gone: readonly string[];
      services: readonly ListedService[];
    }>
  | Readonly<{ type: 'frames'; world: WorldName; frames: readonly ShownFrame[] }>
  | Readonly<{ type: 'value'; topic: string; text: string; isCut: boolean }>;

const Command = v.variant('type', [
  v.object({ type: v.literal('watch'), world: v.picklist(['owner', 'guests']) }),
  v.object({ type: v.literal('open'), topic: v.nullable(v.pipe(v.string(), v.maxLength(256))) }),
]);

/**
 * Decodes what the page asks for.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeDebuggerCommand(text: string): DebuggerCommand {
  return decode(Command, text);
}

/** Encodes what the debugger shows. */
export function encodeDebuggerFrame(frame: DebuggerFrame): string {
  return JSON.stringify(frame);
}
