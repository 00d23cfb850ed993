import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { SearchWithin } from '../api.ts';
import type { App } from '../app-state.ts';
import { FoundList } from '../components/found-list.tsx';
import { Icon } from '../components/icon.tsx';
import { stepLinks } from '../components/step-links.ts';
import { foundPath } from '../router.ts';
import { createSearchStore } from '../stores/search-store.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  app: App;
  /** Mounted anew for each. */
  within: SearchWithin;
  name: string;
  /** Path of the message that is open. */
  current: string | undefined;
}>;

/** Looks for messages of the conversation or room below: Enter goes to the next older one, with Shift to the next newer one. */
export function FindInTalk({ app, within, name, current }: Props) {
  const { t } = useWords();
  const { route } = useLocation();
  const search = useMemo(
    () => createSearchStore({ search: app.api.search, clock: app.clock, within }),
    [],
  );
  const isRoom = 'room' in within;
  useEffect(() => search.stop, [search]);
  const panel = useRef<HTMLElement>(null);
  const field = useRef<HTMLInputElement>(null);
  // At once, so that no letter of a fast typist goes elsewhere.
  useLayoutEffect(() => field.current?.focus(), []);

  function step(by: 1 | -1): void {
    const found = search.found.value;
    const index = found.findIndex((one) => foundPath(one) === current);
    const next = found[index + by];
    if (next === undefined) return;
    route(foundPath(next), current !== undefined);
  }

  return (
    <search
      ref={panel}
      class="find-in"
      onKeyDown={(event) => {
        stepLinks(event, panel.current);
        if (event.key !== 'Escape') return;
        // One layer after another: this closes the panel and marks nothing as read.
        event.stopPropagation();
        app.closeFind();
      }}
    >
      <div class="find">
        <Icon name="search" />
        <input
          ref={field}
          class="find-input"
          type="search"
          value={search.typed.value}
          placeholder={t(isRoom ? 'search.inRoom' : 'search.inConversation')}
          aria-label={t(isRoom ? 'search.inRoomNamed' : 'search.inConversationWith', { name })}
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="search"
          onInput={(event) => search.type(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
          }}
        />
        <button
          type="button"
          class="round-button"
          aria-label={t('search.close')}
          onClick={app.closeFind}
        >
          <Icon name="close" />
        </button>
      </div>
      {search.phase.value !== 'idle' && (
        <div class="find-in-scroll">
          <FoundList
            search={search}
            now={app.now.value}
            nameOf={app.contacts.nameOf}
            people={app.people}
            isOneTalk
            current={current}
          />
        </div>
      )}
    </search>
  );
}
