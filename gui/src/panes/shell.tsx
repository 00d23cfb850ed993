import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { canonicalHost, classifyHost, isOverlay } from '../../../daemon/wire/address.ts';
import type { App } from '../app-state.ts';
import { Banners } from '../components/banners.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { KeysDialog } from '../components/late-parts.tsx';
import { Toast } from '../components/toast.tsx';
import type { Notifications } from '../notifications.ts';
import { messagePath, parsePath, talkPath, type Page } from '../router.ts';
import { useWords } from '../texts/use-words.ts';
import { lazyPane } from './lazy-pane.tsx';
import { ListPane } from './list-pane.tsx';
import { PageFrame } from './page-frame.tsx';
import { useCommands } from './use-commands.ts';

/** What is beside the list is fetched when somebody goes there. */
const AddPage = lazyPane(async () => (await import('./add-page.tsx')).AddPage);
const ConversationPage = lazyPane(
  async () => (await import('./conversation-page.tsx')).ConversationPage,
);
const FirstRun = lazyPane(async () => (await import('./first-run.tsx')).FirstRun);
const RelayPage = lazyPane(async () => (await import('./relay-page.tsx')).RelayPage);
const RequestPage = lazyPane(async () => (await import('./request-page.tsx')).RequestPage);
const RoomPage = lazyPane(async () => (await import('./room-page.tsx')).RoomPage);
const RoomsPage = lazyPane(async () => (await import('./rooms-page.tsx')).RoomsPage);
const SettingsPage = lazyPane(async () => (await import('./settings-page.tsx')).SettingsPage);

type Props = Readonly<{ app: App; notifications: Notifications }>;

/** The page of somebody who is logged in: list, conversation, details, or one after another where it is narrow. */
export function Shell({ app, notifications }: Props) {
  const { t } = useWords();
  const { path, query } = useLocation();
  const page = parsePath(path);
  const hasDetails = 'details' in query;
  const findField = useRef<HTMLInputElement>(null);
  const [isHelpOpen, openHelp] = useState(false);
  const jump = useCallback(() => findField.current?.focus(), []);
  useCommands(app, page, { jump, help: () => openHelp(true) });
  useLayoutEffect(() => {
    if (page.name === 'search') jump();
  }, [page.name]);

  const isFirstRun = page.name === 'home' && hasNothing(app);
  const isListFirst = page.name === 'home' || page.name === 'search';
  // Where the list comes first it is what the page is about; on phones there is nothing else.
  const Frame = isListFirst ? 'main' : 'div';
  const classes = [
    'shell',
    isListFirst ? 'shows-list' : 'shows-page',
    hasDetails ? 'has-info' : '',
  ];
  return (
    <div class="frame">
      <a class="skip" href="#main">
        {t('app.skip')}
      </a>
      <Banners
        connection={app.live.connection.value}
        hasLoaded={app.contacts.isLoaded.value}
        disk={app.status.status.value?.disk.state}
        isUpdated={app.status.isUpdated.value}
        notice={app.notices.newest.value}
        onNoticeSeen={app.notices.markSeen}
        isReadable={isReadable(location) || app.me.me.value?.connection === 'open'}
        onRetry={app.live.retryNow}
        onReload={() => location.reload()}
      />
      {isFirstRun ? (
        <FirstRun app={app} />
      ) : (
        <Frame {...(isListFirst ? { id: 'main', tabIndex: -1 } : {})} class={classes.join(' ')}>
          <ListPane
            app={app}
            current={talkPath(page)}
            currentMessage={messagePath(page)}
            wanted={page.name === 'search' ? (query['q'] ?? '') : ''}
            isFirst={isListFirst}
            findField={findField}
          />
          <CurrentPage
            {...{ app, notifications, page, hasDetails }}
            addressToAdd={query['address'] ?? ''}
            roomToJoin={query['join'] ?? ''}
          />
        </Frame>
      )}
      {isHelpOpen && <KeysDialog onClose={() => openHelp(false)} />}
      <Toast toast={app.toasts.toast.value} onHide={app.toasts.hide} />
    </div>
  );
}

type CurrentProps = Props &
  Readonly<{ page: Page; hasDetails: boolean; addressToAdd: string; roomToJoin: string }>;

function CurrentPage(props: CurrentProps) {
  const { app, notifications, page, hasDetails, addressToAdd, roomToJoin } = props;
  const { t } = useWords();
  switch (page.name) {
    case 'conversation':
      return <ConversationPage {...{ app, page, hasDetails }} />;
    case 'request':
      return <RequestPage key={page.address} app={app} address={page.address} />;
    case 'room':
      return <RoomPage {...{ app, page, hasDetails }} />;
    case 'rooms':
      return <RoomsPage app={app} initial={roomToJoin} />;
    case 'add':
      return <AddPage app={app} initial={addressToAdd} />;
    case 'settings':
      return <SettingsPage app={app} notifications={notifications} />;
    case 'relay':
      return <RelayPage app={app} />;
    case 'home':
    case 'search':
      return (
        <section class="talk is-empty">
          <EmptyState title={t('app.pickTitle')} hint={t('app.pickHint', { keys: 'Ctrl K' })} />
        </section>
      );
    case 'lost':
      return (
        <PageFrame title={t('app.lost')}>
          <a href="/">{t('app.home')}</a>
        </PageFrame>
      );
  }
}

/** Nobody is here yet, and no room. */
function hasNothing({ contacts, rooms }: App): boolean {
  if (!contacts.isLoaded.value || !rooms.isLoaded.value) return false;
  return contacts.byAddress.value.size + rooms.byTitle.value.size === 0;
}

/** Plain HTTP over a network that does not encrypt by itself (G12). */
function isReadable({ protocol, hostname }: Location): boolean {
  if (protocol !== 'http:' || hostname === 'localhost') return false;
  const host = canonicalHost(hostname.replace(/^\[|\]$/g, ''));
  if (host === undefined) return true;
  const kind = classifyHost(host);
  return kind !== 'loopback' && !isOverlay(kind);
}
