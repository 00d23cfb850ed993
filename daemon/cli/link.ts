import { ContactLinkAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { formatTime } from './format.ts';
import { tell } from './tell.ts';

/** `public`: the link for everybody, without a token. */
export type LinkOptions = Readonly<{ public?: boolean }>;

/** `vestnik link`: a contact link to give away. Standard output has nothing but the link. */
export async function link(context: CommandContext, options: LinkOptions): Promise<void> {
  const api = await openApi(context.dataFolder);
  const method = options.public === true ? 'GET' : 'POST';
  const answer = await api.call(method, '/api/links');
  tell(context, answer, () => {
    const { link: text, expires } = decodeAnswer(ContactLinkAnswer, answer);
    if (expires !== undefined) {
      context.terminal.complain(`For one friend, until ${formatTime(expires)}:`);
    }
    return text;
  });
}
