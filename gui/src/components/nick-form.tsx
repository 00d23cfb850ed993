import { useId, useState } from 'preact/hooks';
import { NICK_MAX_LENGTH } from '../../../daemon/wire/gui-limits.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  nick: string;
  label: string;
  /** A contact may go without a nick, the owner may not. */
  isOptional?: boolean;
  /** @returns Whether it was kept. */
  onSave: (nick: string) => Promise<boolean>;
}>;

/** A name that can be changed. */
export function NickForm({ nick, label, isOptional = false, onSave }: Props) {
  const { t } = useWords();
  const id = useId();
  /** What was typed and not kept yet; without it the field shows the name as it is, whoever changed it. */
  const [edited, setEdited] = useState<string>();
  const [isSaved, setSaved] = useState(false);
  const typed = edited ?? nick;

  const isChanged = typed.trim() !== nick;
  const isEmpty = typed.trim() === '' && !isOptional && isChanged;

  return (
    <form
      class="nick-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isEmpty || !isChanged) return;
        void onSave(typed.trim()).then((isKept) => {
          setSaved(isKept);
          if (isKept) setEdited(undefined);
        });
      }}
    >
      <label class="visually-hidden" for={id}>
        {label}
      </label>
      <div class="field-row">
        <input
          class="field"
          id={id}
          dir="auto"
          value={typed}
          maxLength={NICK_MAX_LENGTH}
          autocomplete="off"
          spellcheck={false}
          aria-invalid={isEmpty}
          aria-describedby={`${id}-state`}
          onInput={(event) => {
            setEdited(event.currentTarget.value);
            setSaved(false);
          }}
        />
        {isChanged && !isEmpty && (
          <button type="submit" class="button button-go">
            {t('nick.save')}
          </button>
        )}
      </div>
      <p class={isEmpty ? 'verdict verdict-bad' : 'verdict'} id={`${id}-state`} role="status">
        {isEmpty ? t('nick.empty') : isSaved && !isChanged ? `✓ ${t('nick.saved')}` : ''}
      </p>
    </form>
  );
}
