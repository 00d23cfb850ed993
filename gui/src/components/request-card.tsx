import type { Address } from '../../../daemon/wire/address.ts';
import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import { shortAddress } from '../text/address.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';

type Props = Readonly<{
  request: ApiContact;
  now: number;
  /** Link to the request's own page; left out on that page. */
  href?: string;
  onAccept: (address: Address) => void;
  onDismiss: (address: Address) => void;
  onBlock: (address: Address) => void;
}>;

/** Somebody wants to be a contact: who, what speaks for them, and three verbs with what they do. */
export function RequestCard({ request, now, href, onAccept, onDismiss, onBlock }: Props) {
  const { t, time } = useWords();
  const { address, nick } = request;
  const name = showName(nick) || shortAddress(address);
  const isProven = request.other_info.address_proves === 'node';
  const isPlain = request.fingerprint === null;
  const when = time.ago(Date.parse(request.other_info.since), now);
  const verbs = [
    {
      verb: t('request.accept'),
      means: t('request.acceptMeans'),
      run: onAccept,
      look: ' button-go',
    },
    { verb: t('request.dismiss'), means: t('request.dismissMeans'), run: onDismiss, look: '' },
    {
      verb: t('request.block'),
      means: t('request.blockMeans'),
      run: onBlock,
      look: ' button-quiet',
    },
  ];
  return (
    <article class="request-card">
      {href !== undefined && (
        <h2 class="request-title">
          <a href={href}>{t('request.wants', { name })}</a>
        </h2>
      )}
      <p class="hint">
        <span class="mono" title={address}>
          {href === undefined ? address : shortAddress(address)}
        </span>
        {' · '}
        {t(isProven ? 'request.proves' : 'request.provesNot')}
        {' · '}
        {when}
      </p>
      <p class={isPlain ? 'request-trust is-plain' : 'request-trust'}>
        <Icon name={isPlain ? 'open' : 'lock'} />
        {t(isPlain ? 'request.plain' : 'request.encrypts')}
      </p>
      <div class="actions">
        {verbs.map(({ verb, means, run, look }) => (
          <button
            type="button"
            class={`button${look}`}
            key={verb}
            title={means}
            onClick={() => run(address)}
          >
            {verb}
          </button>
        ))}
      </div>
      <details class="consequences" open={href === undefined}>
        <summary>{t('request.consequences')}</summary>
        <dl>
          {verbs.map(({ verb, means }) => (
            <div key={verb}>
              <dt>{verb}</dt>
              <dd>{means}</dd>
            </div>
          ))}
        </dl>
      </details>
    </article>
  );
}
