/**
 * REST between the GUI (or the command line) and its own daemon: the bodies that go in.
 *
 * Source: docs/gui-api.md.
 */
import * as v from 'valibot';
import { ADDRESS_MAX_LENGTH } from './address.ts';
import { WellFormed } from './check.ts';
import { CONTACT_LINK_MAX_LENGTH } from './contact-link.ts';
import { OWN_STATUSES, PRESENCE_SHARINGS, RETENTION_PERIODS } from './gui-api.ts';
import { BATCH_MAX_MESSAGES, DELETE_MAX_MESSAGES, NICK_MAX_LENGTH } from './gui-limits.ts';

/** An address in any spelling; routes parse it with `parseAddress`. */
const AddressText = v.pipe(v.string(), v.maxLength(ADDRESS_MAX_LENGTH));
const Nick = v.pipe(WellFormed, v.trim(), v.maxLength(NICK_MAX_LENGTH));
const Flag = v.pipe(
  v.union([v.literal(0), v.literal(1), v.boolean()]),
  v.transform((value) => value === 1 || value === true),
);

export const AddContactRequest = v.object({
  /** An address in any spelling, or a contact link. */
  address: v.pipe(v.string(), v.maxLength(CONTACT_LINK_MAX_LENGTH)),
  nick: v.optional(Nick),
  can_resend: v.optional(Flag),
});

/** What was compared or scanned: base64url, 43 characters. */
const Fingerprint = v.pipe(v.string(), v.trim(), v.maxLength(64));

export const AcceptContactRequest = v.object({
  address: v.optional(AddressText),
  /** Whom the owner means; refused with `identity_changed` when somebody else waits there by now. */
  fingerprint: v.optional(Fingerprint),
  /** The second confirmation, without which neither a verified identity nor encryption is given up. */
  confirmed: v.optional(Flag),
});

/** With the fingerprint that was compared or scanned; refused with `identity_changed` when the contact has another. */
export const VerifyRequest = v.object({ fingerprint: v.optional(Fingerprint) });

export const PatchContactRequest = v.object({
  nick: v.optional(Nick),
  can_resend: v.optional(Flag),
  relay_for: v.optional(Flag),
  relay_plain: v.optional(Flag),
  muted: v.optional(Flag),
  retention: v.optional(v.picklist(['default', ...RETENTION_PERIODS])),
  shares_presence: v.optional(v.picklist(PRESENCE_SHARINGS)),
});

export const PatchMeRequest = v.object({
  nick: v.optional(v.pipe(Nick, v.minLength(1))),
  status: v.optional(v.picklist(OWN_STATUSES)),
  settings: v.optional(
    v.object({
      theme: v.optional(v.picklist(['system', 'light', 'dark'])),
      language: v.optional(v.picklist(['system', 'en', 'ru'])),
      read_receipts: v.optional(Flag),
      honour_deletion: v.optional(Flag),
      retention: v.optional(v.picklist(RETENTION_PERIODS)),
    }),
  ),
});

const MessageText = v.pipe(
  WellFormed,
  v.check((text) => text.trim() !== '', 'a message is not blank'),
);

const SendOne = v.object({
  message: MessageText,
  id: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'an id is 1–64 of A–Z a–z 0–9 _ -')),
  ),
});

export type SendOne = v.InferOutput<typeof SendOne>;

export const SendRequest = v.union([
  v.object({ messages: v.pipe(v.array(SendOne), v.minLength(1), v.maxLength(BATCH_MAX_MESSAGES)) }),
  SendOne,
]);

export const DeleteRequest = v.object({
  ids: v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
    v.minLength(1),
    v.maxLength(DELETE_MAX_MESSAGES),
  ),
  /** The contact's daemon is asked to delete them, too. */
  both: v.optional(Flag, false),
});

export const ReadRequest = v.object({
  upTo: v.union([v.pipe(v.number(), v.safeInteger(), v.minValue(0)), v.string()]),
});

const Password = v.pipe(v.string(), v.maxLength(1024));

export const LoginRequest = v.union([
  v.object({ ticket: v.pipe(v.string(), v.maxLength(128)) }),
  v.object({ password: Password }),
]);

export const SetPasswordRequest = v.object({ password: Password });

/** `password`: a browser's owner says it again where there is one. */
export const BackupRequest = v.object({
  passphrase: v.pipe(v.string(), v.maxLength(1024)),
  password: v.optional(Password),
});
