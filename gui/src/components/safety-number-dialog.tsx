import { useEffect, useState } from 'preact/hooks';
import type { ApiSafetyNumber } from '../../../daemon/wire/gui-api.ts';
import { formatCompareCode, type Comparison } from '../text/compare.ts';
import { useWords } from '../texts/use-words.ts';
import { CompareField } from './compare-field.tsx';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { QrCode } from './qr-code.tsx';
import { SafetyNumber } from './safety-number.tsx';

type Props = Readonly<{
  name: string;
  isVerified: boolean;
  /** @throws {ApiError} */
  load: () => Promise<ApiSafetyNumber>;
  /** @returns Whether it was kept. */
  onVerify: (fingerprint: string) => Promise<boolean>;
  onUnverify: () => Promise<boolean>;
  onClose: () => void;
}>;

/** The number that two people compare to know that nobody stands between them. */
export function SafetyNumberDialog(props: Props) {
  const { name, load, onClose } = props;
  const { t } = useWords();
  const [number, setNumber] = useState<ApiSafetyNumber>();
  const [hasFailed, setFailed] = useState(false);

  useEffect(() => {
    load().then(setNumber, () => setFailed(true));
  }, []);

  return (
    <Dialog title={t('compare.title', { name })} onClose={onClose}>
      {number === undefined ? (
        <p role="status">{t(hasFailed ? 'compare.failed' : 'compare.loading')}</p>
      ) : (
        <Comparing {...props} number={number} />
      )}
    </Dialog>
  );
}

type ComparingProps = Props & Readonly<{ number: ApiSafetyNumber }>;

function Comparing(props: ComparingProps) {
  const { name, number, isVerified, onVerify, onUnverify, onClose } = props;
  const { t } = useWords();
  const [comparison, setComparison] = useState<Comparison>('empty');
  const [isDenied, deny] = useState(false);
  const isMismatch = isDenied || comparison === 'different';
  const closeIf = (isKept: boolean): void => {
    if (isKept) onClose();
  };
  return (
    <>
      <p class="hint">{t('compare.lead', { name })}</p>
      <SafetyNumber groups={number.groups} />
      <CodeComparison name={name} number={number} onCompared={setComparison} />
      {isVerified && !isMismatch && (
        <p class="trust-note is-verified">
          <Icon name="locked" />
          <span>{t('compare.verified', { name })}</span>
        </p>
      )}
      {isMismatch && (
        <div class="trust-note is-alarm" role="alert">
          <b>{t('compare.mismatchTitle')}</b> {t('compare.mismatchHint', { name })}
        </div>
      )}
      <div class="actions">
        {!isVerified && !isMismatch && (
          <button
            type="button"
            class="button button-go"
            onClick={() => void onVerify(number.peer).then(closeIf)}
          >
            {t('compare.matches')}
          </button>
        )}
        {!isMismatch && (
          <button type="button" class="button" onClick={() => deny(true)}>
            {t('compare.differs')}
          </button>
        )}
        {isVerified && (
          <button
            type="button"
            class={isMismatch ? 'button button-danger' : 'button button-quiet'}
            onClick={() => void onUnverify().then(closeIf)}
          >
            {t('compare.undo')}
          </button>
        )}
        {isMismatch && (
          <button type="button" class="button" onClick={onClose}>
            {t('app.close')}
          </button>
        )}
      </div>
    </>
  );
}

type CodeProps = Pick<ComparingProps, 'name' | 'number'> &
  Readonly<{ onCompared: (comparison: Comparison) => void }>;

/**
 * The same by a phone: it reads the code, and what it read is pasted on the other side. The page itself has no
 * camera, its own rules forbid it (G8).
 */
function CodeComparison({ name, number, onCompared }: CodeProps) {
  const { t } = useWords();
  return (
    <details class="compare-code">
      <summary>{t('compare.byCode')}</summary>
      <p class="hint">{t('compare.byCodeHint', { name })}</p>
      <QrCode text={formatCompareCode(number)} label={t('compare.qr', { name })} />
      <CompareField
        name={name}
        label={t('compare.field', { name })}
        known={number}
        onCompared={onCompared}
      />
    </details>
  );
}
