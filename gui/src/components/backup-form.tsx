import { useId, useState } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';

/** UTF-16 units. Source: docs/backup.md#a-backup. */
const PASSPHRASE_MIN_LENGTH = 10;

type Props = Readonly<{
  /** The daemon wants the password as well. */
  isPasswordNeeded: boolean;
  isBusy: boolean;
  onBackup: (secrets: Readonly<{ passphrase: string; password?: string }>) => void;
}>;

/** Asks for the passphrase of a backup, twice, since it can't be seen and nobody can reset it. */
export function BackupForm({ isPasswordNeeded, isBusy, onBackup }: Props) {
  const { t } = useWords();
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [password, setPassword] = useState('');
  const id = useId();

  const isShort = passphrase !== '' && passphrase.length < PASSPHRASE_MIN_LENGTH;
  const isOther = again !== '' && again !== passphrase;
  const isReady = passphrase.length >= PASSPHRASE_MIN_LENGTH && again === passphrase;

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && !isBusy) {
          onBackup({ passphrase, ...(isPasswordNeeded ? { password } : {}) });
        }
      }}
    >
      <SecretField
        label={t('backup.passphrase')}
        value={passphrase}
        note={`${id}-note`}
        onInput={setPassphrase}
      />
      <SecretField label={t('backup.again')} value={again} note={`${id}-note`} onInput={setAgain} />
      {isPasswordNeeded && (
        <SecretField
          label={t('backup.password')}
          value={password}
          note={`${id}-note`}
          onInput={setPassword}
        />
      )}
      <p
        class={isShort || isOther ? 'verdict verdict-bad' : 'verdict'}
        id={`${id}-note`}
        role="status"
      >
        {isShort ? t('backup.short') : isOther ? t('backup.other') : ''}
      </p>
      <div class="actions">
        <button type="submit" class="button button-go" disabled={!isReady || isBusy}>
          {t(isBusy ? 'backup.busy' : 'backup.save')}
        </button>
      </div>
    </form>
  );
}

type FieldProps = Readonly<{
  label: string;
  value: string;
  /** Id of what is said about it. */
  note: string;
  onInput: (value: string) => void;
}>;

function SecretField({ label, value, note, onInput }: FieldProps) {
  const id = useId();
  return (
    <>
      <label class="label" for={id}>
        {label}
      </label>
      <input
        class="field"
        id={id}
        type="password"
        value={value}
        autocomplete="new-password"
        aria-describedby={note}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </>
  );
}
