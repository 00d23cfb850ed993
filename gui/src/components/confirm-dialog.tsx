import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.tsx';

type Props = Readonly<{
  title: string;
  hint: string;
  yes: string;
  no: string;
  children?: ComponentChildren;
  onYes: () => void;
  onClose: () => void;
}>;

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({ title, hint, yes, no, children, onYes, onClose }: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p class="hint">{hint}</p>
      {children}
      <div class="actions">
        <button
          type="button"
          class="button button-danger"
          onClick={() => {
            onClose();
            onYes();
          }}
        >
          {yes}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {no}
        </button>
      </div>
    </Dialog>
  );
}
