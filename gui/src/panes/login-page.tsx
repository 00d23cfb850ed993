import { useSignalEffect, type Signal } from '@preact/signals';
import { useId, useState } from 'preact/hooks';
import { ApiError, type Api, type Credentials } from '../api.ts';
import { Icon } from '../components/icon.tsx';
import type { Session } from '../session.ts';
import type { TextName } from '../texts/language.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  api: Pick<Api, 'login'>;
  session: Session;
  /** From a link that the daemon printed; taken out when it is tried, as it works once. */
  ticket: Signal<string | undefined>;
}>;

/** Lets the owner in: by a link that was opened, or by password. */
export function LoginPage({ api, session, ticket }: Props) {
  const { t } = useWords();
  const [isKept, keep] = useState(true);
  const [problem, setProblem] = useState<TextName>();
  const [isBusy, setBusy] = useState(ticket.peek() !== undefined);

  async function login(credentials: Credentials): Promise<void> {
    setBusy(true);
    try {
      session.open(await api.login(credentials), isKept);
    } catch (error) {
      setProblem(problemText(error, 'ticket' in credentials));
    }
    setBusy(false);
  }

  useSignalEffect(() => {
    const fresh = ticket.value;
    if (fresh === undefined) return;
    ticket.value = undefined;
    void login({ ticket: fresh });
  });

  return (
    <main class="login" aria-busy={isBusy}>
      <span class="first-logo">
        <Icon name="swallow" />
      </span>
      <h1>{t('login.title')}</h1>
      <section class="card">
        <p>{t('login.lead')}</p>
        <p class="address">vestnik login</p>
        <p class="hint">{t('login.then')}</p>
        {problem !== undefined && (
          <p class="verdict verdict-bad" role="alert">
            {t(problem)}
          </p>
        )}
      </section>
      <PasswordForm
        isBusy={isBusy}
        isKept={isKept}
        onKeep={keep}
        onSubmit={(password) => {
          if (password === '') setProblem('login.empty');
          else void login({ password });
        }}
      />
    </main>
  );
}

type FormProps = Readonly<{
  isBusy: boolean;
  isKept: boolean;
  onKeep: (isKept: boolean) => void;
  onSubmit: (password: string) => void;
}>;

function PasswordForm({ isBusy, isKept, onKeep, onSubmit }: FormProps) {
  const { t } = useWords();
  const id = useId();
  const [password, setPassword] = useState('');
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(password);
      }}
    >
      <h2>
        <label for={id}>{t('login.password')}</label>
      </h2>
      <input
        class="field"
        id={id}
        type="password"
        autocomplete="current-password"
        value={password}
        onInput={(event) => setPassword(event.currentTarget.value)}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={isKept}
          onChange={(event) => onKeep(event.currentTarget.checked)}
        />
        {t('login.keep')}
      </label>
      <div class="actions">
        <button type="submit" class="button button-go" disabled={isBusy}>
          {t('login.submit')}
        </button>
      </div>
    </form>
  );
}

function problemText(error: unknown, isTicket: boolean): TextName {
  const code = error instanceof ApiError ? error.code : undefined;
  if (code === 'unauthorized' || code === 'forbidden' || code === 'bad_request') {
    return isTicket ? 'login.badTicket' : 'login.badPassword';
  }
  if (code === 'too_many_requests') return 'login.tooMany';
  return code === 'unreachable' ? 'login.unreachable' : 'error.other';
}
