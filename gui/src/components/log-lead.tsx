import type { RowLead } from '../stores/log-rows.ts';
import { useWords } from '../texts/use-words.ts';

/** What stands between messages: the day, and where the unread ones begin. */
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
      {!lead.isContinued && lead.dayAt === undefined && !lead.isFirstUnread && (
        <div class="log-gap" />
      )}
    </>
  );
}
