import type { App } from '../app-state.ts';
import { AddFriend } from '../components/add-friend.tsx';
import { AddTabs } from '../components/add-tabs.tsx';
import { useWords } from '../texts/use-words.ts';
import { OwnContact } from './own-contact.tsx';
import { PageFrame } from './page-frame.tsx';
import { useAddFriend } from './use-add-friend.ts';

/** Adds a friend, or gives one's own address to them. */
export function AddPage({ app, initial }: Readonly<{ app: App; initial: string }>) {
  const { t } = useWords();
  const onAdd = useAddFriend(app);
  const me = app.status.status.value ?? app.me.me.value;
  return (
    <PageFrame title={t('add.title')}>
      <AddTabs current="friend" />
      <section class="card">
        <h2>{t('add.title')}</h2>
        <p>{t('add.hint')}</p>
        <AddFriend
          key={initial}
          own={me?.addresses ?? []}
          ownFingerprint={app.me.me.value?.fingerprint}
          contacts={app.contacts.byAddress.value}
          nameOf={app.contacts.nameOf}
          initial={initial}
          onAdd={onAdd}
        />
      </section>
      <OwnContact app={app} />
    </PageFrame>
  );
}
