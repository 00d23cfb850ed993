/** The page's time and randomness are those of the client library. */
import { SYSTEM_CLOCK } from '../client/clock.ts';

export { createId, type Clock } from '../client/clock.ts';
/** The browser's own. */
export const BROWSER_CLOCK = SYSTEM_CLOCK;
