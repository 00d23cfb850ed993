/** WebSockets of the owner's GUIs and programs at `/chatroom` (G6). */
import { randomUUID } from 'node:crypto';
import { ChatroomConnection } from '../chatroom/chatroom-connection.ts';
import type { FrameWatch } from '../domain/topic-monitor.ts';
import type { TopicHub } from '../domain/topics.ts';
import { OwnerSockets, type OwnerSocketsOptions } from '../http/owner-sockets.ts';
import { CHATROOM_PATH } from './bearer.ts';

/** Sockets of one browser session, and in all. Source: docs/security.md, G6. */
const SESSION_MAX_SOCKETS = 4;
const MAX_SOCKETS = 64;

export type ChatroomSocketsOptions = Pick<
  OwnerSocketsOptions,
  'door' | 'hostNames' | 'clock' | 'onDefect'
> &
  Readonly<{
    hub: TopicHub;
    /** Hears every frame, for the debugger. */
    watch: FrameWatch | undefined;
  }>;

/** Lets the owner's clients join a hub. */
export function chatroomSockets({ hub, watch, ...options }: ChatroomSocketsOptions): OwnerSockets {
  return new OwnerSockets({
    ...options,
    path: CHATROOM_PATH,
    maxSockets: MAX_SOCKETS,
    sessionMaxSockets: SESSION_MAX_SOCKETS,
    welcome: (line, onClose) => {
      new ChatroomConnection({ id: randomUUID(), line, hub, watch }).start(onClose);
    },
  });
}
