import { useEffect, useState } from 'preact/hooks';
import type { ApiSession } from '../../../daemon/wire/gui-api.ts';
import type { App } from '../app-state.ts';
import { agentName } from '../text/agent.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';

/** The browsers that are logged in, each of which can be logged out. */
export function SessionsSection({ app }: Readonly<{ app: App }>) {
  const { t, time } = useWords();
  const [sessions, setSessions] = useState<readonly ApiSession[]>();
  const [hasFailed, setFailed] = useState(false);
  const load = (): void => {
    app.api.sessions().then(setSessions, () => setFailed(true));
  };
  useEffect(load, []);
  const now = app.now.value;

  async function revoke({ id, current }: ApiSession): Promise<void> {
    if (!(await app.attempt(app.api.revokeSession(id)))) return;
    if (current) app.session.close();
    else load();
  }

  return (
    <section class="card">
      <h2>{t('settings.sessions')}</h2>
      {hasFailed && <p role="alert">{t('settings.sessionsFailed')}</p>}
      <ul class="ledger">
        {sessions?.map((session) => (
          <li class="setting" key={session.id}>
            <div class="setting-text">
              <bdi class="session-agent" title={showName(session.agent)}>
                {agentName(showName(session.agent))}
              </bdi>
              <p class="hint">
                {session.current && <b>{t('settings.sessionHere')} · </b>}
                {t('settings.sessionUsed', {
                  when: time.ago(Date.parse(session.used), now),
                })}
              </p>
            </div>
            <button type="button" class="button" onClick={() => void revoke(session)}>
              {t(session.current ? 'settings.logOut' : 'settings.revoke')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
