import { Icon, type IconName } from './icon.tsx';

/** How a message goes out, as the button that sends it says. */
export type Sending = Readonly<{
  /** In words. */
  label: string;
  /** What the lock on the button looks like. */
  lock: IconName;
  look: string;
}>;

/** Sends; a lock on it says how. */
export function SendButton({
  sending,
  isDisabled,
}: Readonly<{ sending: Sending; isDisabled: boolean }>) {
  const { label, lock, look } = sending;
  return (
    <button
      type="submit"
      class={`round-button composer-send is-${look}`}
      aria-label={label}
      title={label}
      disabled={isDisabled}
    >
      <Icon name="send" />
      <span class="composer-lock">
        <Icon name={lock} />
      </span>
    </button>
  );
}
