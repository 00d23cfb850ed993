/** What few open in a conversation or a room: not in the first load, but here when it is wanted. */
import { GameWaiting } from './game-waiting.tsx';
import { lazyPart, type WaitingProps } from './lazy-part.tsx';

/** Fetched when there is a game in sight. */
export const GameInLog = lazyPart(
  async () => (await import('./game-in-log.tsx')).GameInLog,
  GameWaiting,
);

export const DeleteDialog = lazyPart(
  async () => (await import('./delete-dialog.tsx')).DeleteDialog,
  WaitingDialog,
);
export const KeysDialog = lazyPart(
  async () => (await import('./keys-dialog.tsx')).KeysDialog,
  WaitingDialog,
);
export const MessageCard = lazyPart(
  async () => (await import('./message-card.tsx')).MessageCard,
  WaitingCard,
);
export const PlayDialog = lazyPart(
  async () => (await import('./play-dialog.tsx')).PlayDialog,
  WaitingDialog,
);
export const RoomMessageCard = lazyPart(
  async () => (await import('./room-message-card.tsx')).RoomMessageCard,
  WaitingCard,
);

/** Fetches what a click opens, so that nobody waits for it. */
export function fetchLateParts(): void {
  for (const part of [DeleteDialog, KeysDialog, MessageCard, PlayDialog, RoomMessageCard]) {
    // Whoever opens it will be told, and can try again.
    part.fetch().catch(() => undefined);
  }
}

function WaitingCard({ problem }: WaitingProps) {
  return (
    <div class="message-card" aria-busy={problem === undefined}>
      {problem}
    </div>
  );
}

/** A dialog can't be seen before it is there; what is wrong with it is told in front of everything, as it would be. */
function WaitingDialog({ problem }: WaitingProps) {
  if (problem === undefined) return null;
  return (
    <div class="toast-place">
      <div class="late-problem">{problem}</div>
    </div>
  );
}
