import type { ApiMessage, TimelineEntry } from '../../../daemon/wire/gui-api.ts';
import { messageTimes, type NameOf } from '../text/message.ts';
import { isProgress, stepText } from '../text/timeline.ts';
import { useWords } from '../texts/use-words.ts';
import type { TextName } from '../texts/language.ts';

type Props = Readonly<{
  message: ApiMessage;
  /** `undefined` until the daemon has answered. */
  timeline: readonly TimelineEntry[] | undefined;
  hasFailed: boolean;
  now: number;
  nameOf: NameOf;
}>;

/** Each step of a message's way, in words. */
export function DeliveryTimeline({ message, timeline, hasFailed, now, nameOf }: Props) {
  const words = useWords();
  const { t, time } = words;
  const steps =
    message.direction === 'in'
      ? arrivalSteps(message, words.t, nameOf)
      : timeline?.map((entry) => ({
          at: Date.parse(entry.at),
          text: stepText(entry, message, words, nameOf),
          isGood: isProgress(entry),
        }));
  return (
    <section class="timeline">
      <h3>{t(titleOf(message))}</h3>
      {steps === undefined ? (
        <p role="status">{t(hasFailed ? 'timeline.failed' : 'timeline.loading')}</p>
      ) : (
        <ol>
          {steps.map(({ at, text, isGood }, index) => (
            <li class={isGood ? '' : 'is-setback'} key={index}>
              <time dateTime={new Date(at).toISOString()} title={time.full(at)}>
                {time.moment(at, now)}
              </time>
              <span>{text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function titleOf({ direction, state }: ApiMessage): TextName {
  if (direction === 'in') return 'timeline.titleIn';
  return state === 'delivered' || state === 'read' ? 'timeline.title' : 'timeline.titleOpen';
}

/** What can be said of a message that came: when it was written, when it was here, who brought it. */
function arrivalSteps(
  message: ApiMessage,
  t: (name: TextName, values?: Record<string, string>) => string,
  nameOf: NameOf,
) {
  const { sentAt } = messageTimes(message);
  const arrived =
    message.via === null
      ? t('timeline.arrived')
      : t('timeline.arrivedVia', { name: nameOf(message.via) });
  return [
    { at: sentAt, text: t('timeline.written', { name: nameOf(message.from) }), isGood: true },
    { at: Date.parse(message.received), text: arrived, isGood: true },
  ];
}
