import { useId } from 'preact/hooks';

type Choice<Value extends string> = Readonly<{ value: Value; label: string }>;

type Props<Value extends string> = Readonly<{
  label: string;
  value: Value;
  choices: readonly Choice<Value>[];
  onChange: (value: Value) => void;
}>;

/** One of a few. */
export function ChoiceSetting<Value extends string>(props: Props<Value>) {
  const id = useId();
  const { label, value, choices, onChange } = props;
  return (
    <div class="setting choice" role="radiogroup" aria-labelledby={id}>
      <span class="setting-label" id={id}>
        {label}
      </span>
      <div class="choices">
        {choices.map((choice) => (
          <label class="choice-item" key={choice.value}>
            <input
              type="radio"
              name={id}
              checked={choice.value === value}
              onChange={() => onChange(choice.value)}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </div>
  );
}
