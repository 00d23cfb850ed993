import type { ApiStatus } from '../../../daemon/wire/gui-api.ts';
import { showSteering } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';

/** What there is to know about the daemon. */
export function AboutDaemon({ status, now }: Readonly<{ status: ApiStatus; now: number }>) {
  const { t, time, bytes } = useWords();
  const { version, listeners, outbox, disk, notices } = status;
  return (
    <>
      <dl class="facts">
        <div>
          <dt>{t('settings.version')}</dt>
          <dd>{version}</dd>
        </div>
        {listeners.map(({ name, url }) => (
          <div key={url}>
            <dt>
              {t('settings.listeners')} {t(`settings.listener.${name}`)}
            </dt>
            <dd class="mono">{url}</dd>
          </div>
        ))}
        <div>
          <dt>{t('settings.outbox')}</dt>
          <dd>{outbox}</dd>
        </div>
        {disk.free_bytes !== null && (
          <div>
            <dt>{t('settings.disk')}</dt>
            <dd>{bytes(disk.free_bytes)}</dd>
          </div>
        )}
      </dl>
      {disk.loss_window_ms !== 0 && (
        <p class="hint" role="note">
          {disk.loss_window_ms === null
            ? t('settings.lossUnknown')
            : t('settings.lossWindow', { count: Math.ceil(disk.loss_window_ms / 1000) })}
        </p>
      )}
      <h3 class="section-title">{t('settings.notices')}</h3>
      {notices.length === 0 && <p class="hint">{t('settings.noNotices')}</p>}
      <ul class="ledger">
        {notices.map(({ at, code, message }) => (
          <li class="setting" key={`${at} ${code}`}>
            <div class="setting-text">
              {showSteering(message)}
              <p class="hint">{time.moment(Date.parse(at), now)}</p>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
