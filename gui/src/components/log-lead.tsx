import type { RowLead } from '../stores/log-rows.ts';
import { useWords } from '../texts/use-words.ts';
import { MissingMessages } from './missing-messages.tsx';

/** What stands between messages: the day, where the unread ones begin, and where some are missing. */
export function LogLead({ lead, now }: Readonly<{ lead: RowLead; now: number }>) {
  const { t, time } = useWords();
  return (
    <>
      {lead.dayAt !== undefined && <h2 class="log-day">{time.day(lead.dayAt, now)}</h2>}
      {lead.isFirstUnread && (
        <p class="log-unread" role="separator">
          {t('conversation.unread')}
        </p>
      )}
      {lead.missing > 0 && <MissingMessages count={lead.missing} />}
      {!lead.isContinued && lead.dayAt === undefined && !lead.isFirstUnread && !lead.missing && (
        <div class="log-gap" />
      )}
    </>
  );
}
