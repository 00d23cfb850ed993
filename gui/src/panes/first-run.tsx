import { AddFriend } from '../components/add-friend.tsx';
import { ConnectionLine } from '../components/connection-line.tsx';
import { Icon } from '../components/icon.tsx';
import { NickForm } from '../components/nick-form.tsx';
import type { App } from '../app-state.ts';
import { useWords } from '../texts/use-words.ts';
import { OwnContact } from './own-contact.tsx';
import { useAddFriend } from './use-add-friend.ts';

/** As docs/backup.md#restoring has it. */
const RESTORING = 'vestnik restore FILE --data FOLDER\nvestnik start --data FOLDER';

/** From nothing to the first conversation, on one page. */
export function FirstRun({ app }: Readonly<{ app: App }>) {
  const { t } = useWords();
  const onAdd = useAddFriend(app);
  const status = app.status.status.value;
  const me = app.me.me.value;
  const own = status?.addresses ?? me?.addresses ?? [];
  const nick = me?.nick ?? status?.nick ?? '';
  return (
    <main class="first" id="main" tabIndex={-1}>
      <header class="first-head">
        <span class="first-logo">
          <Icon name="swallow" />
        </span>
        <ConnectionLine
          connection={app.live.connection.value}
          reachable={undefined}
          now={app.now.value}
        />
        <a class="round-button" href="/settings" aria-label={t('list.menu')}>
          <Icon name="settings" />
        </a>
      </header>
      <h1>{t('first.title')}</h1>
      <p class="first-lead">{t('first.lead')}</p>
      <section class="card">
        <h2>{t('first.nickTitle')}</h2>
        <p>{t('first.nickHint')}</p>
        <NickForm
          nick={nick}
          label={t('nick.label')}
          onSave={(changed) => app.attempt(app.me.change({ nick: changed }))}
        />
      </section>
      <OwnContact app={app} />
      <section class="card">
        <h2>{t('add.title')}</h2>
        <p>{t('add.hint')}</p>
        <AddFriend
          own={own}
          ownFingerprint={me?.fingerprint}
          contacts={app.contacts.byAddress.value}
          nameOf={app.contacts.nameOf}
          onAdd={onAdd}
        />
      </section>
      <section class="card">
        <h2>{t('first.restoreTitle')}</h2>
        <p>{t('first.restoreHint')}</p>
        <pre class="commands">{RESTORING}</pre>
      </section>
    </main>
  );
}
