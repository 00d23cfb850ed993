import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

type Props = Readonly<{
  icon?: IconName;
  title: string;
  hint?: string;
  children?: ComponentChildren;
}>;

/** Nothing to show: why, and what to do next. */
export function EmptyState({ icon = 'swallow', title, hint, children }: Props) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {hint !== undefined && <p>{hint}</p>}
      {children}
    </div>
  );
}
