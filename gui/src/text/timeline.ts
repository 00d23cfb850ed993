/** A message's way, in words. */
import type { ApiMessage, TimelineEntry } from '../../../daemon/wire/gui-api.ts';
import type { NameOf } from './message.ts';
import type { Words } from '../texts/words.ts';

/** A step of a message's way in words. */
export function stepText(
  entry: TimelineEntry,
  { to, enctype }: Pick<ApiMessage, 'to' | 'enctype'>,
  { t }: Words,
  nameOf: NameOf,
): string {
  const name = entry.via === null ? undefined : nameOf(entry.via);
  const values = { to: nameOf(to), name: name ?? '' };
  const isSealed = enctype !== '';
  switch (entry.step) {
    case 'queued':
      return t('timeline.queued');
    case 'attempt':
      return attemptText(entry, values, t);
    case 'accepted':
      return t(name === undefined ? 'timeline.accepted' : 'timeline.acceptedVia', values);
    case 'relayed':
      if (name === undefined) return t('timeline.relayedUnknown');
      return t(isSealed ? 'timeline.relayedSealed' : 'timeline.relayed', values);
    case 'delivered':
      if (isSealed) return t('timeline.confirmed', values);
      return t(name === undefined ? 'timeline.delivered' : 'timeline.deliveredVia', values);
    case 'read':
      return t('timeline.read', values);
    case 'retry':
      return t('timeline.retry');
    case 'failed':
      if (entry.outcome === 'cancelled') return t('timeline.failed_cancelled');
      if (entry.outcome === 'expired') return t('timeline.failed_expired');
      return t('timeline.failedPlain');
  }
}

/** Whether a step brought the message further. */
export function isProgress({ step, outcome }: TimelineEntry): boolean {
  return step !== 'failed' && (step !== 'attempt' || outcome === 'ok');
}

function attemptText(
  { outcome, via }: TimelineEntry,
  values: Readonly<{ to: string; name: string }>,
  t: Words['t'],
): string {
  const known =
    outcome === null || outcome === 'cancelled' || outcome === 'expired' ? 'ok' : outcome;
  return via === null
    ? t(`timeline.attempt.${known}`, values)
    : t(`timeline.attemptVia.${known}`, values);
}
