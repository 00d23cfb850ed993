import { useWords } from '../texts/use-words.ts';

/** From adding friends to rooms, and back. */
export function AddTabs({ current }: Readonly<{ current: 'friend' | 'room' }>) {
  const { t } = useWords();
  const tabs = [
    { name: 'friend', href: '/add' },
    { name: 'room', href: '/rooms' },
  ] as const;
  return (
    <nav class="tabs" aria-label={t('room.page.tabs')}>
      {tabs.map(({ name, href }) => (
        <a key={name} href={href} aria-current={name === current ? 'page' : undefined}>
          {t(`room.page.${name}`)}
        </a>
      ))}
    </nav>
  );
}
