import { useWords } from '../texts/use-words.ts';
import { Dialog } from './dialog.tsx';
import { KeyboardTable } from './keyboard-table.tsx';

/** All keys, in front of whatever somebody is at. */
export function KeysDialog({ onClose }: Readonly<{ onClose: () => void }>) {
  const { t } = useWords();
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <KeyboardTable />
    </Dialog>
  );
}
