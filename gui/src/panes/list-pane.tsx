import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { tryParseAddress } from '../../../daemon/wire/address.ts';
import { isContactLink } from '../../../daemon/wire/contact-link.ts';
import type { App } from '../app-state.ts';
import { ConnectionLine } from '../components/connection-line.tsx';
import { ConversationItem } from '../components/conversation-item.tsx';
import { FindField } from '../components/find-field.tsx';
import { FoundList } from '../components/found-list.tsx';
import { Icon } from '../components/icon.tsx';
import { OwnStatus } from '../components/own-status.tsx';
import { RequestCard } from '../components/request-card.tsx';
import { RoomItem } from '../components/room-item.tsx';
import { stepLinks } from '../components/step-links.ts';
import { formatPath, foundPath } from '../router.ts';
import { filterRows, listRowKey, listRowPath } from '../stores/conversation-list.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { useRequestVerbs } from './use-request-verbs.ts';

type Props = Readonly<{
  app: App;
  /** Path of the conversation or room that is open. */
  current: string | undefined;
  /** The message that is open. */
  currentMessage: string | undefined;
  /** Nothing else is open: the list is what this page is about. */
  isFirst: boolean;
  findField: RefObject<HTMLInputElement | null>;
  /** What the page's address says to look for. */
  wanted: string;
}>;

/** The left column: the owner, requests, conversations. */
export function ListPane({ app, current, currentMessage, isFirst, findField, wanted }: Props) {
  const { t } = useWords();
  const { route } = useLocation();
  const { search } = app;
  const pane = useRef<HTMLElement>(null);
  const typed = search.typed.value;
  useEffect(() => {
    if (wanted !== '') search.type(wanted);
  }, [wanted]);
  const verbs = useRequestVerbs(app);
  const now = app.now.value;
  const { nameOf } = app.contacts;
  const shown = filterRows(app.rows.value, typed);
  const typedAddress =
    tryParseAddress(typed) !== undefined || isContactLink(typed) ? typed.trim() : undefined;
  const hasNobody = shown.length === 0 && app.contacts.isLoaded.value;
  const jump = (): void => {
    const [first] = shown;
    const [message] = search.found.value;
    if (first !== undefined) {
      search.type('');
      route(listRowPath(first));
    } else if (message !== undefined) {
      route(foundPath(message));
    }
  };
  return (
    <nav
      ref={pane}
      class="side"
      aria-label={t('list.label')}
      onKeyDown={(event) => stepLinks(event, pane.current)}
    >
      {isFirst && <h1 class="visually-hidden">{t('list.label')}</h1>}
      <ListHead app={app} />
      <FindField value={typed} field={findField} onInput={search.type} onJump={jump} />
      <div class="side-scroll">
        {typed === '' &&
          app.contacts.requests.value.map((request) => (
            <RequestCard
              key={request.address}
              request={request}
              now={now}
              href={formatPath({ name: 'request', address: request.address })}
              {...verbs}
            />
          ))}
        <ul class="conversations">
          {shown.map((row) => (
            <li key={listRowKey(row)}>
              {row.type === 'room' ? (
                <RoomItem
                  {...{ row, now }}
                  isCurrent={listRowPath(row) === current}
                  people={app.people}
                />
              ) : (
                <ConversationItem
                  {...{ row, now, nameOf }}
                  isCurrent={listRowPath(row) === current}
                />
              )}
            </li>
          ))}
        </ul>
        {typed.trim() !== '' && (
          <>
            <h2 class="side-section">{t('search.messages')}</h2>
            <FoundList
              {...{ search, now, nameOf }}
              isOneTalk={false}
              people={app.people}
              current={currentMessage}
            />
          </>
        )}
        {hasNobody && (typed === '' || typedAddress !== undefined) && (
          <div class="side-empty">
            <p>{t(typed === '' ? 'list.empty' : 'list.noMatch')}</p>
            <p class="hint">{t(typed === '' ? 'list.emptyHint' : 'list.noMatchHint')}</p>
            <a class="button button-go" href={addPath(typedAddress)}>
              {t(typedAddress === undefined ? 'add.title' : 'list.addThis')}
            </a>
          </div>
        )}
      </div>
    </nav>
  );
}

function ListHead({ app }: Readonly<{ app: App }>) {
  const { t } = useWords();
  const status = app.status.status.value;
  const nick = app.me.me.value?.nick ?? status?.nick ?? '';
  const shown = app.me.me.value?.status ?? status?.status;
  return (
    <header class="side-head">
      <span class="side-logo">
        <Icon name="swallow" />
      </span>
      <bdi class="side-nick">{showName(nick) || 'vestnik'}</bdi>
      <ConnectionLine
        connection={app.live.connection.value}
        reachable={status?.reachable}
        now={app.now.value}
      />
      {shown === undefined ? (
        // Its place, so that nothing jumps when it is known.
        <span class="own-status" />
      ) : (
        <OwnStatus
          status={shown}
          onChange={(chosen) => void app.attempt(app.me.change({ status: chosen }))}
        />
      )}
      <a class="round-button" href="/settings" aria-label={t('list.menu')}>
        <Icon name="settings" />
      </a>
      <a class="round-button side-add" href="/add" aria-label={t('list.add')}>
        <Icon name="plus" />
      </a>
    </header>
  );
}

/** @param address An address or a contact link. */
function addPath(address: string | undefined): string {
  return address === undefined ? '/add' : `/add?address=${encodeURIComponent(address)}`;
}
