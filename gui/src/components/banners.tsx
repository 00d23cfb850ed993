import type { ApiNotice, ApiStatus } from '../../../daemon/wire/gui-api.ts';
import type { Connection } from '../live.ts';
import { showSteering } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  connection: Connection;
  /** There is something to read, from before the daemon went away. */
  hasLoaded: boolean;
  disk: ApiStatus['disk']['state'] | undefined;
  isUpdated: boolean;
  notice: ApiNotice | undefined;
  /** Others can read along between this browser and the daemon (G12). */
  isReadable: boolean;
  onRetry: () => void;
  onReload: () => void;
  onNoticeSeen: () => void;
}>;

/** What has to be known everywhere, on top of everything. */
export function Banners(props: Props) {
  const {
    connection,
    hasLoaded,
    disk,
    isUpdated,
    notice,
    isReadable,
    onRetry,
    onReload,
    onNoticeSeen,
  } = props;
  const { t } = useWords();
  return (
    <header class="banners">
      {connection.state === 'stopped' && (
        <div class="banner" role="status">
          <p>
            <b>{t('connection.stoppedTitle')}</b>{' '}
            {t(hasLoaded ? 'connection.stoppedHint' : 'connection.stoppedColdHint')}
          </p>
          <button type="button" class="button" onClick={onRetry}>
            {t('connection.tryNow')}
          </button>
        </div>
      )}
      {isUpdated && (
        <div class="banner is-news" role="status">
          <p>
            <b>{t('connection.updatedTitle')}</b> {t('connection.updatedHint')}
          </p>
          <button type="button" class="button button-go" onClick={onReload}>
            {t('connection.reload')}
          </button>
        </div>
      )}
      {disk !== undefined && disk !== 'ok' && (
        <div class="banner is-alarm" role="alert">
          <p>{t(disk === 'full' ? 'banner.diskFull' : 'banner.diskReadOnly')}</p>
        </div>
      )}
      {notice !== undefined && (
        <div class="banner is-news" role="status">
          <p>{showSteering(notice.message)}</p>
          <button type="button" class="button" onClick={onNoticeSeen}>
            {t('banner.seen')}
          </button>
        </div>
      )}
      {isReadable && (
        <div class="banner" role="note">
          <p>
            <b>{t('banner.openTitle')}</b> {t('banner.openHint')}
          </p>
        </div>
      )}
    </header>
  );
}
