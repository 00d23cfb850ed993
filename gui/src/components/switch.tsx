import { useId } from 'preact/hooks';
import type { ComponentChildren } from 'preact';

type Props = Readonly<{
  label: string;
  hint?: ComponentChildren;
  isOn: boolean;
  isDisabled?: boolean;
  onChange: (isOn: boolean) => void;
}>;

/** A setting that is on or off, with a sentence about what that means. */
export function Switch({ label, hint, isOn, isDisabled = false, onChange }: Props) {
  const id = useId();
  return (
    <div class="setting">
      <div class="setting-text">
        <label class="setting-label" for={id}>
          {label}
        </label>
        {hint !== undefined && (
          <p class="hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <input
        class="switch"
        type="checkbox"
        role="switch"
        id={id}
        checked={isOn}
        disabled={isDisabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </div>
  );
}
