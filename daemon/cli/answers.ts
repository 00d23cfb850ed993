/** What the commands read of the daemon's answers; everything else in them is passed by. */
import * as v from 'valibot';

const Time = v.pipe(v.string(), v.isoTimestamp());
const OptionalTime = v.nullable(Time);

export const ContactAnswer = v.object({
  address: v.string(),
  nick: v.string(),
  state: v.picklist(['requested', 'request', 'established']),
  presence: v.picklist(['online', 'busy', 'offline']),
  last_online: OptionalTime,
  trust: v.picklist(['undecided', 'plain', 'tofu', 'invited', 'verified']),
  unread: v.number(),
  blocked: v.boolean(),
  other_info: v.object({
    shows_presence: v.picklist(['full', 'no_last_seen', 'nothing']),
    candidate: v.nullable(v.object({ fingerprint: v.nullable(v.string()) })),
  }),
});

export type ContactAnswer = v.InferOutput<typeof ContactAnswer>;

export const ContactsAnswer = v.array(ContactAnswer);

export const MessageAnswer = v.object({
  id: v.string(),
  s: v.number(),
  from: v.string(),
  to: v.string(),
  message: v.string(),
  timestamp: Time,
  direction: v.picklist(['in', 'out']),
  state: v.picklist(['queued', 'relayed', 'delivered', 'read', 'failed']),
  reason: v.optional(v.string()),
  enctype: v.string(),
  missing_before: v.number(),
});

export type MessageAnswer = v.InferOutput<typeof MessageAnswer>;

/** What `vestnik delete` did. */
export const DeletedAnswer = v.object({ deleted: v.array(v.string()), asked: v.number() });

export type DeletedAnswer = v.InferOutput<typeof DeletedAnswer>;

const FoundText = {
  message: v.string(),
  timestamp: Time,
  marks: v.array(v.tuple([v.number(), v.number()])),
};

export const FoundAnswer = v.union([
  v.object({
    ...FoundText,
    room: v.string(),
    from: v.string(),
    origin: v.picklist(['guest', 'owner', 'contact']),
  }),
  v.object({ ...FoundText, address: v.string(), direction: v.picklist(['in', 'out']) }),
]);

export type FoundAnswer = v.InferOutput<typeof FoundAnswer>;

export const MeAnswer = v.object({
  nick: v.string(),
  status: v.picklist(['online', 'busy', 'invisible']),
  address: v.string(),
  addresses: v.array(v.string()),
  fingerprint: v.string(),
  version: v.string(),
  listeners: v.array(v.object({ name: v.string(), url: v.string() })),
  rekey: v.nullish(v.object({ since: Time, waiting: v.number() })),
});

export type MeAnswer = v.InferOutput<typeof MeAnswer>;

export const LinkAnswer = v.object({ url: v.pipe(v.string(), v.url()) });

export const SafetyNumberAnswer = v.object({
  groups: v.array(v.pipe(v.string(), v.digits())),
  own: v.string(),
  peer: v.string(),
});

export type SafetyNumberAnswer = v.InferOutput<typeof SafetyNumberAnswer>;

export const ContactLinkAnswer = v.object({ link: v.string(), expires: v.optional(Time) });

export const RelayAnswer = v.array(
  v.object({
    from: v.string(),
    to: v.string(),
    messages: v.number(),
    bytes: v.number(),
    oldest: Time,
  }),
);
