import type { ComponentChildren } from 'preact';
import { Icon } from '../components/icon.tsx';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{ title: string; backHref?: string; children: ComponentChildren }>;

/** A page beside the list: a title, the way back on phones, and what it is about. */
export function PageFrame({ title, backHref = '/', children }: Props) {
  const { t } = useWords();
  return (
    <main class="page" id="main" tabIndex={-1}>
      <header class="page-head">
        <a class="round-button only-narrow" href={backHref} aria-label={t('app.back')}>
          <Icon name="back" />
        </a>
        <h1>{title}</h1>
      </header>
      <div class="page-body">{children}</div>
    </main>
  );
}
