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
    <fieldset class="setting choice">
      <legend class="setting-label">{label}</legend>
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
    </fieldset>
  );
}
