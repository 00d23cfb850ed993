/** What the commands read of the daemon's answers about rooms. */
import * as v from 'valibot';

const EventFrame = { id: v.string(), room: v.string(), seqnr: v.number(), timestamp: v.string() };

export const RoomEventAnswer = v.variant('type', [
  v.object({
    ...EventFrame,
    type: v.literal('MSG'),
    from: v.string(),
    origin: v.picklist(['guest', 'owner', 'contact']),
    message: v.string(),
  }),
  v.object({ ...EventFrame, type: v.literal('DIR'), users: v.array(v.string()) }),
]);

export type RoomEventAnswer = v.InferOutput<typeof RoomEventAnswer>;

const WaitingMessage = v.object({
  id: v.string(),
  message: v.string(),
  timestamp: v.string(),
  state: v.picklist(['waiting', 'refused']),
  code: v.nullable(v.string()),
  reason: v.nullable(v.string()),
});

export const RoomAnswer = v.object({
  room: v.string(),
  topic: v.string(),
  private: v.boolean(),
  closed: v.boolean(),
  joined: v.boolean(),
  invite: v.nullable(v.string()),
  members: v.number(),
  seqnr: v.number(),
  unread: v.number(),
  sync: v.nullable(
    v.object({
      state: v.picklist(['joining', 'refused', 'left', 'behind', 'equal']),
      away: v.boolean(),
      code: v.nullable(v.string()),
      reason: v.nullable(v.string()),
      events: v.number(),
      waiting: v.array(WaitingMessage),
    }),
  ),
});

export type RoomAnswer = v.InferOutput<typeof RoomAnswer>;

/** What the host of a room has not taken yet. */
export const WaitingAnswer = v.object({ id: v.string(), state: v.literal('waiting') });

export const RoomUserAnswer = v.object({
  user: v.string(),
  origin: v.picklist(['guest', 'owner', 'contact']),
  role: v.nullable(v.string()),
  present: v.boolean(),
  online: v.nullable(v.boolean()),
});

export type RoomUserAnswer = v.InferOutput<typeof RoomUserAnswer>;
