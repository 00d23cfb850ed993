import { useId, useState } from 'preact/hooks';
import { ADDRESS_MAX_LENGTH, tryParseAddress, type Address } from '../../../daemon/wire/address.ts';
import type { App } from '../app-state.ts';
import { RequestCard } from '../components/request-card.tsx';
import { useWords } from '../texts/use-words.ts';
import { PageFrame } from './page-frame.tsx';
import { useRequestVerbs } from './use-request-verbs.ts';

/** A contact request on its own page, with the chance to say where they really are. */
export function RequestPage({ app, address }: Readonly<{ app: App; address: Address }>) {
  const { t } = useWords();
  const id = useId();
  const [where, setWhere] = useState('');
  const verbs = useRequestVerbs(app);
  const request = app.contacts.byAddress.value.get(address);
  const reachedAt = where === '' ? undefined : tryParseAddress(where);
  const isBad = where !== '' && reachedAt === undefined;
  if (request?.state !== 'request') {
    return (
      <PageFrame title={app.contacts.nameOf(address)}>
        {app.contacts.isLoaded.value && <p>{t('request.gone')}</p>}
        <p>
          <a href="/">{t('app.home')}</a>
        </p>
      </PageFrame>
    );
  }
  return (
    <PageFrame title={t('request.wants', { name: app.contacts.nameOf(address) })}>
      <RequestCard
        request={request}
        now={app.now.value}
        {...verbs}
        onAccept={(asked) => {
          if (!isBad) verbs.onAccept(asked, reachedAt);
        }}
      />
      <section class="card">
        <label class="label" for={id}>
          {t('request.where')}
        </label>
        <input
          class="field field-address"
          id={id}
          value={where}
          maxLength={ADDRESS_MAX_LENGTH}
          placeholder={address}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={isBad}
          aria-describedby={`${id}-hint`}
          onInput={(event) => setWhere(event.currentTarget.value)}
        />
        <p class={isBad ? 'verdict verdict-bad' : 'hint'} id={`${id}-hint`}>
          {t(isBad ? 'add.bad' : 'request.whereHint')}
        </p>
      </section>
    </PageFrame>
  );
}
