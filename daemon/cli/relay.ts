import { ContactsAnswer, RelayAnswer } from './answers.ts';
import { decodeAnswer, openApi, type ApiClient } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { findAddress } from './contact-address.ts';
import { count, formatAge, formatBytes, formatTable, oneLine } from './format.ts';
import { tell } from './tell.ts';

/** `vestnik relay`: what we carry for friends. */
export async function relayLedger(context: CommandContext, nowMs = Date.now()): Promise<void> {
  const api = await openApi(context.dataFolder);
  const answer = await api.call('GET', '/api/relay');
  const names = context.isJson ? new Map<string, string>() : await readNames(api);
  tell(context, answer, () => {
    const ledger = decodeAnswer(RelayAnswer, answer);
    if (ledger.length === 0) return 'We carry nothing for anybody right now.';
    return formatTable(
      ledger.map(({ from, to, messages, bytes, oldest }) => [
        `from ${names.get(from) ?? from}`,
        `to ${names.get(to) ?? to}`,
        count(messages, 'message'),
        formatBytes(bytes),
        `oldest ${formatAge(oldest, nowMs)}`,
      ]),
    );
  });
}

/** `vestnik relay drop CONTACT`: throws away what we carry for that contact. */
export async function relayDrop(context: CommandContext, contact: string): Promise<void> {
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const answer = await api.call('DELETE', `/api/relay/${encodeURIComponent(address)}`);
  tell(context, answer, () => `We carry nothing for ${oneLine(contact)} any more.`);
}

async function readNames(api: ApiClient): Promise<ReadonlyMap<string, string>> {
  const contacts = decodeAnswer(ContactsAnswer, await api.call('GET', '/api/contacts'));
  const named = contacts.filter(({ nick }) => nick !== '');
  return new Map(named.map(({ address, nick }) => [address, oneLine(nick)]));
}
