import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Typing } from '../../client/sequence-topic.ts';
import type { App } from '../app-state.ts';
import type { Writing } from '../components/composer.tsx';
import type { PendingActions } from '../components/pending-bubble.tsx';
import type { FollowEdits } from '../components/use-shared-field.ts';
import type { LogStretch } from '../stores/log-stretch.ts';
import type { OutboxStore } from '../stores/outbox-store.ts';

type Talk<Place extends string, Target> = Readonly<{
  /** Whom one talks to, as the outbox calls it. */
  place: Place;
  outbox: OutboxStore<Place>;
  /** Name of the draft. */
  draft: string;
  log: LogStretch & Readonly<{ openAround: (target: Target) => Promise<boolean> }>;
  /** The entry that was asked for; `undefined`: the newest. */
  target: Target | undefined;
}>;

/** What a conversation and a room have in common: a log, what is on its way, and where one writes. */
export function useTalk<Place extends string, Target>(app: App, talk: Talk<Place, Target>) {
  const { place, outbox, draft, log, target } = talk;
  const text = useMemo(() => app.drafts.of(draft), [draft]);
  const pending = useMemo(() => outbox.of(place), [place]);
  const isTypedElsewhere = useMemo(() => app.typing.isElsewhere(draft), [draft]);
  const followEdits = useMemo<FollowEdits>(
    () => (listener) => app.drafts.onEdits(draft, listener),
    [draft],
  );
  const isMissing = useOpening(log, target);
  useEffect(() => app.typing.follow(draft), [draft]);

  const write = (written: string, typing?: Typing): void => {
    app.drafts.write(draft, written, typing);
    app.typing.note(draft, written);
  };
  const send = (written: string): void => {
    // Whoever reads old messages wants to see the new one, too.
    if (log.hasNewer.value) void log.openNewest();
    outbox.add(place, written);
    write('');
  };
  /** Puts a text back into the field, above what is there. */
  const putBack = (written: string): void =>
    app.drafts.write(draft, [written, text.value].filter(Boolean).join('\n'));
  const writing: Writing = {
    ...{ text: text.value, followEdits, onInput: write, onSend: send },
    isTypedElsewhere: isTypedElsewhere.value,
    isConnected: app.live.connection.value.state === 'connected',
  };
  const pendingActions: PendingActions = {
    onResend: ({ id }) => outbox.retry(id),
    onDiscard: ({ id }) => outbox.discard(id),
    onEdit: ({ id, message }) => {
      putBack(message);
      outbox.discard(id);
    },
  };
  return { pending: pending.value, isMissing, writing, pendingActions, putBack };
}

/**
 * Opens a log at its newest entry, or at the one that was asked for.
 *
 * @returns Whether that one is not there; the newest are shown then.
 */
function useOpening<Target>(log: Talk<string, Target>['log'], target: Target | undefined): boolean {
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    const openNewest = (): void => {
      if (!log.isLoaded.value || log.hasNewer.value) void log.openNewest();
    };
    setMissing(false);
    if (target === undefined) openNewest();
    else
      void log.openAround(target).then((isThere) => {
        setMissing(!isThere);
        if (!isThere) openNewest();
      });
  }, [log, target]);
  return isMissing;
}
