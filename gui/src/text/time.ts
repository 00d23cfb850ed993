/** Instants in words, through `Intl`. All instants are milliseconds since 1970. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Nobody counts so few seconds. */
const NOW_MS = 5_000;
/** Within so many days the weekday says it best. */
const WEEKDAY_DAYS = 6;

export type TimeText = ReturnType<typeof createTimeText>;

/**
 * Words for instants in a language.
 *
 * @param justNow  What is said of the last few seconds; `Intl` has no word for it.
 * @param timeZone The browser's, unless another is given.
 */
export function createTimeText(language: string, justNow: string, timeZone?: string) {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, { ...options, ...(timeZone !== undefined && { timeZone }) });
  const clock = format({ hour: '2-digit', minute: '2-digit' });
  const weekday = format({ weekday: 'short' });
  const dayMonth = format({ day: 'numeric', month: 'short' });
  const dayMonthYear = format({ day: 'numeric', month: 'short', year: 'numeric' });
  const longDay = format({ weekday: 'long', day: 'numeric', month: 'long' });
  const longDayYear = format({ day: 'numeric', month: 'long', year: 'numeric' });
  const monthYear = format({ month: 'long', year: 'numeric' });
  const full = format({ dateStyle: 'full', timeStyle: 'medium' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const exact = new Intl.RelativeTimeFormat(language, { numeric: 'always', style: 'short' });
  // sv-SE writes a date as ISO 8601 does: equal texts are equal days, and they subtract.
  const isoDay = new Intl.DateTimeFormat('sv-SE', timeZone === undefined ? {} : { timeZone });
  const dayNumber = (at: number): number => Date.parse(isoDay.format(at)) / DAY_MS;

  return {
    /** 11:42 */
    clock: (at: number): string => clock.format(at),
    /** The day as a number: equal for instants of the same day. */
    dayNumber,
    /** Today, Yesterday, Monday 3 March, 3 March 2025. */
    day: (at: number, now: number): string => {
      const days = dayNumber(at) - dayNumber(now);
      if (days === 0 || days === -1) return capital(relative.format(days, 'day'));
      return (days > -180 ? longDay : longDayYear).format(at);
    },
    /** As short as it can be told from others: 11:42, Thu, 3 Mar, 3 Mar 2025. */
    brief: (at: number, now: number): string => {
      const days = dayNumber(now) - dayNumber(at);
      if (days <= 0) return clock.format(at);
      if (days <= WEEKDAY_DAYS) return weekday.format(at);
      return (days < 180 ? dayMonth : dayMonthYear).format(at);
    },
    /** 11:42 for today, else with the day in front. */
    moment: (at: number, now: number): string => {
      const time = clock.format(at);
      if (dayNumber(at) === dayNumber(now)) return time;
      return `${dayMonth.format(at)}, ${time}`;
    },
    /** Everything, for a tooltip. */
    full: (at: number): string => full.format(at),
    /** March 2026 */
    month: (at: number): string => monthYear.format(at),
    /** Just now, 20 sec. ago. Clocks differ: what seems to lie ahead was just now. */
    ago: (at: number, now: number): string => (now - at < NOW_MS ? justNow : distance(at - now)),
    /** Now, in 5 min.; what is over is due now. */
    until: (at: number, now: number): string =>
      at - now < NOW_MS ? relative.format(0, 'second') : distance(at - now),
  };

  function distance(ms: number): string {
    const size = Math.abs(ms);
    if (size < MINUTE_MS) return exact.format(Math.trunc(ms / 1000), 'second');
    if (size < HOUR_MS) return exact.format(Math.trunc(ms / MINUTE_MS), 'minute');
    if (size < DAY_MS) return exact.format(Math.trunc(ms / HOUR_MS), 'hour');
    return exact.format(Math.trunc(ms / DAY_MS), 'day');
  }
}

function capital(text: string): string {
  return text.slice(0, 1).toLocaleUpperCase() + text.slice(1);
}
