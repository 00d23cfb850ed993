import type { Connection } from '../live.ts';
import { connectionText } from '../text/presence.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{ connection: Connection; reachable: number | undefined; now: number }>;

/** How we stand with our own daemon: one colour, and words. */
export function ConnectionLine({ connection, reachable, now }: Props) {
  const words = useWords();
  return (
    <p class={`connection connection-${connection.state}`} role="status">
      <span class="dot" aria-hidden="true" />
      <span>{connectionText(connection, reachable, words, now)}</span>
    </p>
  );
}
