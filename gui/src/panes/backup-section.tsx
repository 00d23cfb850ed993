import { useState } from 'preact/hooks';
import { ApiError } from '../api.ts';
import type { App } from '../app-state.ts';
import { BackupForm } from '../components/backup-form.tsx';
import { saveBlob } from '../save-blob.ts';
import { useWords } from '../texts/use-words.ts';

/** A backup of everything, and an export of everything readable, as downloads. */
export function BackupSection({ app }: Readonly<{ app: App }>) {
  const { t } = useWords();
  const [isPasswordNeeded, needPassword] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [isSaved, setSaved] = useState(false);

  async function save(load: () => Promise<Blob>, kind: string): Promise<void> {
    setBusy(true);
    setSaved(false);
    setSaved(
      await app.attempt(load().then((blob) => saveBlob(blob, nameOf(kind, app.now.peek())))),
    );
    setBusy(false);
  }

  /** Where there is a password the daemon asks for it; then there is a field for it. */
  async function backUp(secrets: Parameters<App['api']['backup']>[0]): Promise<Blob> {
    try {
      return await app.api.backup(secrets);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'password_needed') needPassword(true);
      throw error;
    }
  }

  return (
    <section class="card" id="backup">
      <h2>{t('backup.title')}</h2>
      <p>{t('backup.has')}</p>
      <p class="hint">{t('backup.hasNot')}</p>
      <p class="hint">{t('backup.restore')}</p>
      <BackupForm
        isPasswordNeeded={isPasswordNeeded}
        isBusy={isBusy}
        onBackup={(secrets) => void save(() => backUp(secrets), 'backup.age')}
      />
      <h3 class="section-title">{t('backup.exportTitle')}</h3>
      <p class="hint">{t('backup.exportHint')}</p>
      <div class="actions">
        <button
          type="button"
          class="button"
          disabled={isBusy}
          onClick={() => void save(() => app.api.exportAll(), 'export.jsonl')}
        >
          {t('backup.export')}
        </button>
      </div>
      <p class="verdict" role="status">
        {isSaved ? `✓ ${t('backup.saved')}` : ''}
      </p>
    </section>
  );
}

/** Like `vestnik-2026-11-21.backup.age`. */
function nameOf(kind: string, now: number): string {
  return `vestnik-${new Date(now).toISOString().slice(0, 10)}.${kind}`;
}
