import { useState } from 'preact/hooks';
import type { Address } from '../../../daemon/wire/address.ts';
import { useWords } from '../texts/use-words.ts';
import { CopyButton } from './copy-button.tsx';
import { QrCode } from './qr-code.tsx';

/** A contact's address, to be passed on. */
export function ContactAddress({ address, link }: Readonly<{ address: Address; link: string }>) {
  const { t } = useWords();
  const [isQrShown, showQr] = useState(false);
  return (
    <section aria-label={t('contact.address')}>
      <p class="address">{address}</p>
      <div class="actions">
        <CopyButton text={link} label={t('own.copyLink')} />
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
    </section>
  );
}
