/** Export and import of a daemon at work: the domain's part, and a file in between. */
import type { Domain } from './build-domain.ts';
import { exportLines } from './domain/export.ts';
import { importLines } from './domain/import.ts';
import type { MessageStore, OwnAddresses, Random } from './domain/ports.ts';
import type { GuiDomain } from './gui-listener/gui-domain.ts';
import { spooled, type SpooledLine } from './stores/spool.ts';
import { decodeExportLine, EXPORT_LINE_MAX_BYTES } from './wire/export.ts';

type Dependencies = Readonly<{
  /** The data folder. */
  folder: string;
  domain: Domain;
  messages: MessageStore;
  own: OwnAddresses;
  random: Pick<Random, 'bytes'>;
}>;

/** What the gui listener offers of it. */
export function buildTransfer({
  folder,
  domain,
  messages,
  own,
  random,
}: Dependencies): Pick<GuiDomain, 'exported' | 'takeIn'> {
  const deps = { ...domain, messages, own, random };
  return {
    exported: (address) => exportLines(deps, address),
    takeIn: (bytes) =>
      spooled({ folder, bytes, lineMaxBytes: EXPORT_LINE_MAX_BYTES }, (lines) =>
        importLines(deps, () => decoded(lines())),
      ),
  };
}

async function* decoded(lines: AsyncIterable<SpooledLine>) {
  for await (const { text, number } of lines) {
    yield { line: decodeExportLine(text, number), number };
  }
}
