/** What may be deleted at the other side, and what is said about it. */
import { RETENTION_PERIODS } from '../../../daemon/wire/gui-api.ts';
import type { ApiContact, ApiMessage, RetentionPeriod } from '../../../daemon/wire/gui-api.ts';
import type { Words } from '../texts/words.ts';

/** Why the contact's program can't be asked to delete messages, or need not be; `undefined` when it can. */
export type Obstacle = 'unsent' | 'plain' | 'not_own' | 'unsealed';

function isUnsent({ direction, state }: Pick<ApiMessage, 'direction' | 'state'>): boolean {
  return direction === 'out' && (state === 'queued' || state === 'failed');
}

/** What stands in the way of deleting these messages for both. */
export function obstacleTo(
  { encryption }: Pick<ApiContact, 'encryption'>,
  messages: readonly Pick<ApiMessage, 'direction' | 'state' | 'enctype'>[],
): Obstacle | undefined {
  if (messages.every(isUnsent)) return 'unsent';
  if (encryption === '') return 'plain';
  if (messages.some(({ direction }) => direction === 'in')) return 'not_own';
  const hasArrived = ({ state }: Pick<ApiMessage, 'state'>): boolean =>
    state === 'delivered' || state === 'read';
  const isUnsealed = messages.some((message) => hasArrived(message) && message.enctype === '');
  return isUnsealed ? 'unsealed' : undefined;
}

type PeriodChoice<Value> = Readonly<{ value: Value; label: string }>;

/** How long messages may be kept, in words. */
export function periodChoices({ t }: Words): readonly PeriodChoice<RetentionPeriod>[] {
  return RETENTION_PERIODS.map((value) => ({ value, label: t(`retention.periods.${value}`) }));
}
