import { LinkAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { openBrowser } from './open-browser.ts';
import { tell } from './tell.ts';

export type LoginOptions = Readonly<{ open?: boolean }>;

/** `vestnik login`: a fresh link that lets one browser in. */
export async function login(context: CommandContext, { open }: LoginOptions): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer = await api.call('POST', '/api/login-link');
  const { url } = decodeAnswer(LinkAnswer, answer);
  tell(context, answer, () => url);
  if (open === true) await openBrowser(url, context.dataFolder);
}
