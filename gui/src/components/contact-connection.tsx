import type { ApiContact, IsoTime } from '../../../daemon/wire/gui-api.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  contact: ApiContact;
  /** Messages of the contact that have not come. */
  missing: number;
  now: number;
}>;

/** When a contact was there last, and how the last attempt to reach it went. */
export function ContactConnection({ contact, missing, now }: Props) {
  const { t, time } = useWords();
  const { last_attempt: attempt, next_attempt: next } = contact.other_info;
  const isShown = contact.other_info.shows_presence === 'full';
  const past = (at: IsoTime | null): string =>
    at === null ? t(isShown ? 'contact.never' : 'contact.notShown') : time.ago(Date.parse(at), now);
  const lines = [
    { name: t('contact.lastExchange'), value: past(contact.last_connect) },
    { name: t('contact.lastSeen'), value: past(contact.last_online) },
    ...(missing === 0 ? [] : [{ name: t('contact.missing'), value: `${missing}` }]),
    ...(attempt === null
      ? []
      : [
          {
            name: t('contact.lastAttempt'),
            value: t('contact.outcomeAt', {
              outcome: t(`contact.outcome.${attempt.outcome}`),
              when: past(attempt.at),
            }),
          },
        ]),
    ...(next === null
      ? []
      : [
          {
            name: t('contact.nextAttempt'),
            value: time.until(Date.parse(next), now),
          },
        ]),
  ];
  return (
    <>
      <h3 class="section-title">{t('contact.connection')}</h3>
      <dl class="facts">
        {lines.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
