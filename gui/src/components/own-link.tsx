import { useState } from 'preact/hooks';
import type { ApiLink } from '../../../daemon/wire/gui-api.ts';
import { useWords } from '../texts/use-words.ts';
import { CopyButton } from './copy-button.tsx';
import { QrCode } from './qr-code.tsx';

type Props = Readonly<{
  now: number;
  /** @returns A fresh link, `undefined` if the daemon did not make one. */
  onCreate: () => Promise<ApiLink | undefined>;
}>;

/** A contact link to give away: made when it is asked for, since it works once. */
export function OwnLink({ now, onCreate }: Props) {
  const { t, time } = useWords();
  const [made, setMade] = useState<ApiLink>();
  const [isQrShown, showQr] = useState(false);
  const create = () => void onCreate().then((link) => link !== undefined && setMade(link));
  if (made === undefined) {
    return (
      <>
        <p>{t('link.lead')}</p>
        <div class="actions">
          <button type="button" class="button button-go" onClick={create}>
            {t('link.create')}
          </button>
        </div>
      </>
    );
  }
  return (
    <>
      <p>{t('link.lead')}</p>
      <p class="address">{made.link}</p>
      <p class="hint" role="status">
        {t('link.expires', { when: time.moment(Date.parse(made.expires), now) })}
      </p>
      <div class="actions">
        <CopyButton text={made.link} label={t('own.copyLink')} isMain />
        <button
          type="button"
          class="button"
          aria-expanded={isQrShown}
          onClick={() => showQr(!isQrShown)}
        >
          {t(isQrShown ? 'own.hideQr' : 'own.showQr')}
        </button>
        <button type="button" class="button button-quiet" onClick={create}>
          {t('link.another')}
        </button>
      </div>
      {isQrShown && <QrCode text={made.link} label={t('link.qr')} />}
    </>
  );
}
