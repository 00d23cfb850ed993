import { useId, useState } from 'preact/hooks';
import type { Address } from '../../../daemon/wire/address.ts';
import { CONTACT_LINK_MAX_LENGTH } from '../../../daemon/wire/contact-link.ts';
import { type ApiContact } from '../../../daemon/wire/gui-api.ts';
import { NICK_MAX_LENGTH } from '../../../daemon/wire/gui-limits.ts';
import { conversationPath, formatPath } from '../router.ts';
import { judgeAddress, type AddressVerdict } from '../text/address.ts';
import { useWords } from '../texts/use-words.ts';
import type { Words } from '../texts/words.ts';
import { Icon } from './icon.tsx';

type Props = Readonly<{
  own: readonly Address[];
  ownFingerprint: string | undefined;
  contacts: ReadonlyMap<string, ApiContact>;
  nameOf: (address: Address) => string;
  /** What is in the address field at first. */
  initial?: string;
  /** @param typed The address or contact link as it was typed. */
  onAdd: (address: Address, typed: string, nick: string) => void;
}>;

/** Adds a friend by address or contact link; says while one types what it is that one types. */
export function AddFriend(props: Props) {
  const { own, ownFingerprint, contacts, nameOf, initial = '', onAdd } = props;
  const words = useWords();
  const { t } = words;
  const id = useId();
  const [typed, setTyped] = useState(initial);
  const [nick, setNick] = useState('');
  const verdict = judgeAddress(typed, {
    own,
    ownFingerprint,
    contacts: new Set(contacts.keys()),
  });
  const isNew = verdict.state === 'good';
  const isLink = (isNew || verdict.state === 'known') && verdict.isLink;
  // A link tells more about somebody who is known by address alone.
  const isGood = isNew || isLink;

  return (
    <form
      class="add-friend"
      onSubmit={(event) => {
        event.preventDefault();
        if (isGood) onAdd(verdict.address, typed.trim(), nick.trim());
      }}
    >
      <label class="visually-hidden" for={id}>
        {t('add.address')}
      </label>
      <input
        class="field field-address"
        id={id}
        value={typed}
        maxLength={CONTACT_LINK_MAX_LENGTH}
        placeholder="fc92:44d1::7b04"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        inputMode="url"
        aria-describedby={`${id}-verdict`}
        aria-invalid={verdict.state !== 'empty' && !isGood}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <p class={isGood ? 'verdict verdict-good' : 'verdict'} id={`${id}-verdict`} role="status">
        {verdictText(verdict, words, contacts, nameOf)}
        {verdict.state === 'known' && (
          <>
            {' '}
            <a href={pathOfKnown(contacts.get(verdict.address), verdict.address)}>
              {t('add.open')}
            </a>
          </>
        )}
      </p>
      {isLink && (
        <p class="verdict verdict-good verdict-link">
          <Icon name="lock" />
          <span>{t(isNew ? 'add.checked' : 'add.checkedKnown')}</span>
        </p>
      )}
      {isNew && (
        <>
          <label class="label" for={`${id}-nick`}>
            {t('add.nick')}
          </label>
          <input
            class="field"
            id={`${id}-nick`}
            dir="auto"
            value={nick}
            maxLength={NICK_MAX_LENGTH}
            autocomplete="off"
            onInput={(event) => setNick(event.currentTarget.value)}
          />
          <p class="hint">{t('add.next')}</p>
        </>
      )}
      <div class="actions">
        <button type="submit" class="button button-go" disabled={!isGood}>
          {t(isLink && !isNew ? 'add.check' : 'add.submit')}
        </button>
      </div>
    </form>
  );
}

function verdictText(
  verdict: AddressVerdict,
  { t }: Words,
  contacts: ReadonlyMap<string, ApiContact>,
  nameOf: (address: Address) => string,
): string {
  switch (verdict.state) {
    case 'empty':
      return '';
    case 'bad':
      return t('add.bad');
    case 'bad_link':
      return t('add.badLink');
    case 'own':
      return t('add.own');
    case 'refused':
      return t('add.refused');
    case 'known': {
      const isRequest = contacts.get(verdict.address)?.state === 'request';
      return t(isRequest ? 'add.asks' : 'add.known', { name: nameOf(verdict.address) });
    }
    case 'good': {
      const kind = t(`add.kind.${verdict.kind}`);
      return `✓ ${t('add.good', { kind, port: String(verdict.port) })}`;
    }
  }
}

function pathOfKnown(contact: ApiContact | undefined, address: Address): string {
  return contact?.state === 'request'
    ? formatPath({ name: 'request', address })
    : conversationPath(address);
}
