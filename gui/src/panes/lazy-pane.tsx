import type { ComponentType } from 'preact';
import { lazyPart, type WaitingProps } from '../components/lazy-part.tsx';

/** What the page is about, fetched when it is shown for the first time. As `lazyPart`. */
export function lazyPane<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  return lazyPart(load, WaitingPane);
}

/** What stands beside what the page is about. As `lazyPane`. */
export function lazyAside<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  return lazyPart(load, WaitingAside);
}

function WaitingPane({ problem }: WaitingProps) {
  return (
    <main class="talk is-empty" id="main" tabIndex={-1} aria-busy={problem === undefined}>
      {problem}
    </main>
  );
}

function WaitingAside({ problem }: WaitingProps) {
  return (
    <aside class="info" aria-busy={problem === undefined}>
      {problem}
    </aside>
  );
}
