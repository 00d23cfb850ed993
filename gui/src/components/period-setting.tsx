import { useId } from 'preact/hooks';

type Props<Value extends string> = Readonly<{
  label: string;
  hint: string;
  value: Value;
  choices: readonly Readonly<{ value: Value; label: string }>[];
  onChange: (value: Value) => void;
}>;

/** One of several, in a list that opens. */
export function PeriodSetting<Value extends string>(props: Props<Value>) {
  const { label, hint, value, choices, onChange } = props;
  const id = useId();
  return (
    <div class="setting period">
      <div class="setting-text">
        <label class="setting-label" for={id}>
          {label}
        </label>
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      </div>
      <select
        class="field period-field"
        id={id}
        value={value}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          const chosen = choices.find((choice) => choice.value === event.currentTarget.value);
          if (chosen !== undefined) onChange(chosen.value);
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}
