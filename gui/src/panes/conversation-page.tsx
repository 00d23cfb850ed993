import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { App } from '../app-state.ts';
import { formatPath, type Page } from '../router.ts';
import { useWords } from '../texts/use-words.ts';
import { ConversationPane } from './conversation-pane.tsx';
import { lazyAside } from './lazy-pane.tsx';
import { NotLoaded } from './not-loaded.tsx';
import { PageFrame } from './page-frame.tsx';

const DetailsPane = lazyAside(async () => (await import('./details-pane.tsx')).DetailsPane);

type Props = Readonly<{
  app: App;
  page: Extract<Page, { name: 'conversation' }>;
  hasDetails: boolean;
}>;

/** A conversation and, on demand, all about the contact; or that there is none. */
export function ConversationPage({ app, page, hasDetails }: Props) {
  const { t } = useWords();
  const { route } = useLocation();
  const place = app.contacts.placeOf(page.address);
  useEffect(() => {
    // A friend who moved keeps the conversation; only its path is another one.
    if (place === page.address) return;
    route(`${formatPath({ ...page, address: place })}${hasDetails ? '?details' : ''}`, true);
  }, [place]);
  const contact = app.contacts.byAddress.value.get(place);
  if (contact === undefined || contact.state === 'request') {
    if (!app.contacts.isLoaded.value) return <NotLoaded app={app} />;
    return (
      <PageFrame title={t('conversation.unknown')}>
        <p>{t('conversation.unknownHint')}</p>
        <a class="button button-go" href={`/add?address=${encodeURIComponent(page.address)}`}>
          {t('list.addThis')}
        </a>
      </PageFrame>
    );
  }
  return (
    <>
      <ConversationPane
        key={page.address}
        app={app}
        contact={contact}
        targetId={page.messageId}
        hasDetails={hasDetails}
      />
      {hasDetails && <DetailsPane key={`about ${page.address}`} app={app} contact={contact} />}
    </>
  );
}
