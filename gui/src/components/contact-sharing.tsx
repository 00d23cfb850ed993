import { PRESENCE_SHARINGS, type ApiContact } from '../../../daemon/wire/gui-api.ts';
import type { ContactPatch } from '../api.ts';
import { useWords } from '../texts/use-words.ts';
import { PeriodSetting } from './period-setting.tsx';

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  onPatch: (patch: ContactPatch) => void;
}>;

/** What a contact may see of the owner's being here, and what it can guess all the same. */
export function ContactSharing({ contact, name, onPatch }: Props) {
  const { t } = useWords();
  const { shares_presence: sharing } = contact;
  return (
    <>
      <h3 class="section-title">{t('sharing.title')}</h3>
      {contact.trust === 'plain' ? (
        <p class="hint">{t('sharing.plain', { name })}</p>
      ) : (
        <PeriodSetting
          label={t('sharing.label', { name })}
          hint={t(sharing === 'nothing' ? 'sharing.hintNothing' : 'sharing.hint', { name })}
          value={sharing}
          choices={PRESENCE_SHARINGS.map((value) => ({
            value,
            label: t(`sharing.levels.${value}`),
          }))}
          onChange={(chosen) => onPatch({ shares_presence: chosen })}
        />
      )}
    </>
  );
}
