import { useWords } from '../texts/use-words.ts';

/** Whoever came by plain HTTP is no contact, and nobody shall take a guest for one. */
export function GuestMark() {
  const { t } = useWords();
  return (
    <span class="guest-mark" title={t('room.guestMeans')}>
      {t('room.guest')}
    </span>
  );
}
