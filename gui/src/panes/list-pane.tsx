import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { tryParseAddress, type Address } from '../../../daemon/wire/address.ts';
import { isContactLink } from '../../../daemon/wire/contact-link.ts';
import type { App } from '../app-state.ts';
import { ConnectionLine } from '../components/connection-line.tsx';
import { ConversationItem } from '../components/conversation-item.tsx';
import { FindField } from '../components/find-field.tsx';
import { Icon } from '../components/icon.tsx';
import { RequestCard } from '../components/request-card.tsx';
import { conversationPath, formatPath } from '../router.ts';
import { filterRows } from '../stores/conversation-list.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { useRequestVerbs } from './use-request-verbs.ts';

type Props = Readonly<{
  app: App;
  current: Address | undefined;
  /** Nothing else is open: the list is what this page is about. */
  isFirst: boolean;
  findField: RefObject<HTMLInputElement | null>;
}>;

/** The left column: the owner, requests, conversations. */
export function ListPane({ app, current, isFirst, findField }: Props) {
  const { t } = useWords();
  const { route } = useLocation();
  const [typed, setTyped] = useState('');
  const verbs = useRequestVerbs(app);
  const now = app.now.value;
  const { nameOf } = app.contacts;
  const shown = filterRows(app.rows.value, typed);
  const typedAddress =
    tryParseAddress(typed) !== undefined || isContactLink(typed) ? typed.trim() : undefined;
  const jump = (): void => {
    const [first] = shown;
    if (first === undefined) return;
    setTyped('');
    route(conversationPath(first.contact.address));
  };
  return (
    <nav class="side" aria-label={t('list.label')}>
      {isFirst && <h1 class="visually-hidden">{t('list.label')}</h1>}
      <ListHead app={app} />
      <FindField value={typed} field={findField} onInput={setTyped} onJump={jump} />
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
            <li key={row.contact.address}>
              <ConversationItem
                row={row}
                isCurrent={row.contact.address === current}
                now={now}
                nameOf={nameOf}
              />
            </li>
          ))}
        </ul>
        {shown.length === 0 && app.contacts.isLoaded.value && (
          <div class="side-empty">
            <p>{t(typed === '' ? 'list.empty' : 'list.noMatch')}</p>
            <p class="hint">{t(typed === '' ? 'list.emptyHint' : 'list.noMatchHint')}</p>
            {(typed === '' || typedAddress !== undefined) && (
              <a class="button button-go" href={addPath(typedAddress)}>
                {t(typedAddress === undefined ? 'add.title' : 'list.addThis')}
              </a>
            )}
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
