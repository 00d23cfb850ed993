import { useEffect, useState } from 'preact/hooks';
import type { ApiSafetyNumber } from '../../../daemon/wire/gui-api.ts';
import { useWords } from '../texts/use-words.ts';
import { CompareField } from './compare-field.tsx';
import { Fingerprint } from './fingerprint.tsx';
import { SafetyNumber } from './safety-number.tsx';

type Props = Readonly<{
  name: string;
  fingerprint: string;
  /** Fingerprint of our own identity. */
  own: string | undefined;
  /**
   * The safety number with this identity.
   *
   * @throws {ApiError}
   */
  loadNumber: () => Promise<ApiSafetyNumber>;
}>;

/** What to compare with a friend to know whether an identity that came in their place is theirs. */
export function NewIdentity({ name, fingerprint, own, loadNumber }: Props) {
  const { t } = useWords();
  const [number, setNumber] = useState<ApiSafetyNumber>();

  useEffect(() => {
    // Without it there is still the fingerprint to compare.
    loadNumber().then(setNumber, () => setNumber(undefined));
  }, [fingerprint]);

  return (
    <>
      <p>{t('change.fingerprint', { name })}</p>
      <Fingerprint text={fingerprint} />
      {number !== undefined && (
        <details class="compare-code">
          <summary>{t('change.number')}</summary>
          <p>{t('change.numberHint', { name })}</p>
          <SafetyNumber groups={number.groups} />
        </details>
      )}
      <CompareField
        name={name}
        label={t('compare.field', { name })}
        known={number ?? { groups: [], own: own ?? '', peer: fingerprint }}
        onCompared={() => undefined}
      />
    </>
  );
}
