import type { ComponentChildren } from 'preact';
import type { RowPlace } from './windowed-log.tsx';

type Props = Readonly<{
  id: string;
  /** Classes; what is not so is left out. */
  looks: readonly (string | false)[];
  /** As it is read out: "name, time: text. State". */
  label: string;
  place: Pick<RowPlace, 'isTabStop' | 'onFocus'>;
  /** What the Enter key does. */
  onEnter?: () => void;
  /** Below the bubble: what else there is to know. */
  card?: ComponentChildren;
  children: ComponentChildren;
}>;

/** Something said, or about to be: one focusable item of a log. */
export function Bubble({ id, looks, label, place, onEnter, card, children }: Props) {
  return (
    <div class="message-place">
      <article
        class={['message', ...looks].filter(Boolean).join(' ')}
        data-id={id}
        tabIndex={place.isTabStop ? 0 : -1}
        aria-label={label}
        onFocus={place.onFocus}
        onKeyDown={(press) => {
          if (press.key === 'Enter' && press.target === press.currentTarget) onEnter?.();
        }}
      >
        {children}
      </article>
      {card}
    </div>
  );
}

type FootProps = Readonly<{
  title: string;
  place: Pick<RowPlace, 'isOpen' | 'onToggle'>;
  children: ComponentChildren;
}>;

/** Time, way and state; together they open what else there is to know. */
export function BubbleFoot({ title, place, children }: FootProps) {
  return (
    <button
      type="button"
      class="message-foot"
      aria-expanded={place.isOpen}
      title={title}
      tabIndex={-1}
      onClick={place.onToggle}
    >
      {children}
    </button>
  );
}
