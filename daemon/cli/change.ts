import { ContactAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { contactPath, findAddress } from './contact-address.ts';
import { oneLine } from './format.ts';
import { tell } from './tell.ts';

/** What may be changed of a contact; each flag is on or off. */
export type ChangeOptions = Readonly<{
  nick?: string;
  /** It may carry our messages. */
  relay?: boolean;
  /** We carry messages for it. */
  carry?: boolean;
  /** Whoever carries what we send it may read that. */
  relayPlain?: boolean;
  mute?: boolean;
  /** What it sees of our being here. */
  show?: string;
  /** How long messages are kept. */
  keep?: string;
}>;

/** `vestnik change CONTACT`: its name, who carries for whom, and how long messages are kept. */
export async function change(
  context: CommandContext,
  contact: string,
  { nick, relay, carry, relayPlain, mute, show, keep }: ChangeOptions,
): Promise<void> {
  const changes = Object.entries({
    nick,
    can_resend: relay,
    relay_for: carry,
    relay_plain: relayPlain,
    muted: mute,
    shares_presence: show,
    retention: keep,
  }).filter(([, value]) => value !== undefined);
  if (changes.length === 0) throw new CommandError('usage', 'say what to change; see --help');
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const answer = await api.call('PATCH', contactPath(address), Object.fromEntries(changes));
  tell(context, answer, () => {
    const changed = decodeAnswer(ContactAnswer, answer);
    return `Changed ${oneLine(changed.nick === '' ? changed.address : changed.nick)}.`;
  });
}
