import { useState } from 'preact/hooks';
import { classifyAddress, isOverlay, type Address } from '../../../daemon/wire/address.ts';
import { addressLink } from '../text/address.ts';
import { useWords } from '../texts/use-words.ts';
import { CopyButton } from './copy-button.tsx';
import { QrCode } from './qr-code.tsx';

type Props = Readonly<{
  address: Address;
  others: readonly Address[];
  fingerprint: string | undefined;
}>;

/** The owner's address, ready to be given to a friend. */
export function OwnAddress({ address, others, fingerprint }: Props) {
  const { t } = useWords();
  const [isQrShown, showQr] = useState(false);
  const kind = classifyAddress(address);
  const link = addressLink(address, fingerprint);
  return (
    <>
      <p>{t(`own.kind.${kind}`)}</p>
      <p class="address">{address}</p>
      <div class="actions">
        <CopyButton text={link} label={t('own.copyLink')} isMain />
        <CopyButton text={address} label={t('own.copyAddress')} />
        <button
          type="button"
          class="button"
          aria-expanded={isQrShown}
          onClick={() => showQr(!isQrShown)}
        >
          {t(isQrShown ? 'own.hideQr' : 'own.showQr')}
        </button>
      </div>
      {isQrShown && <QrCode text={link} label={t('own.qr', { address })} />}
      {!isOverlay(kind) && <p class="hint">{t('own.overlay')}</p>}
      {others.length > 0 && (
        <>
          <h3 class="section-title">{t('own.others')}</h3>
          {others.map((other) => (
            <p class="address" key={other}>
              {other}
            </p>
          ))}
        </>
      )}
    </>
  );
}
