import type { ApiLink } from '../../../daemon/wire/gui-api.ts';
import type { App } from '../app-state.ts';
import { OwnAddress } from '../components/own-address.tsx';
import { OwnLink } from '../components/own-link.tsx';
import { useWords } from '../texts/use-words.ts';

/** What the owner gives to friends: a contact link, or the bare address. */
export function OwnContact({ app }: Readonly<{ app: App }>) {
  const { t } = useWords();
  const me = app.status.status.value ?? app.me.me.value;

  async function createLink(): Promise<ApiLink | undefined> {
    let made: ApiLink | undefined;
    await app.attempt(app.api.createLink().then((link) => (made = link)));
    return made;
  }

  return (
    <>
      <section class="card">
        <h2>{t('link.title')}</h2>
        <OwnLink now={app.now.value} onCreate={createLink} />
      </section>
      {me !== undefined && (
        <section class="card">
          <h2>{t('own.title')}</h2>
          <OwnAddress
            address={me.address}
            fingerprint={app.me.me.value?.fingerprint}
            others={me.addresses.filter((other) => other !== me.address)}
          />
        </section>
      )}
    </>
  );
}
