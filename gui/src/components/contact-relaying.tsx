import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import type { ContactPatch } from '../api.ts';
import { useWords } from '../texts/use-words.ts';
import { Switch } from './switch.tsx';

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  onPatch: (patch: ContactPatch) => void;
}>;

/** Who carries what for whom, and whether they can read it: what is sealed nobody can. */
export function ContactRelaying({ contact, name, onPatch: patch }: Props) {
  const { t } = useWords();
  return (
    <>
      <h3 class="section-title">{t('contact.relaying')}</h3>
      <Switch
        label={t('contact.canResend')}
        hint={t('contact.canResendHint', { name })}
        isOn={contact.can_resend === 1}
        onChange={(isOn) => patch({ can_resend: isOn ? 1 : 0 })}
      />
      <Switch
        label={t('contact.relayFor')}
        hint={t('contact.relayForHint', { name })}
        isOn={contact.relay_for}
        onChange={(relay_for) => patch({ relay_for })}
      />
      {contact.trust === 'plain' && (
        <Switch
          label={t('contact.relayPlain')}
          hint={t('contact.relayPlainHint', { name })}
          isOn={contact.relay_plain}
          onChange={(relay_plain) => patch({ relay_plain })}
        />
      )}
    </>
  );
}
