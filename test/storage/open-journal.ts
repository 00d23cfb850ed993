import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Journal } from '../../storage/journal.ts';
import { type JournalOptions } from '../../storage/journal-options.ts';
import type { Damage } from '../../storage/segment-scan.ts';

/** Opens a journal and keeps what it tells. */
export async function openJournal(folder: string, options: Partial<JournalOptions> = {}) {
  const seen: { s: number; text: unknown }[] = [];
  const damages: Damage[] = [];
  const journal = await Journal.open({
    folder: join(folder, 'history'),
    fsync: 'never',
    onRecord: (record, s) => seen.push({ s, text: textOf(record) }),
    onDamage: (damage) => damages.push(damage),
    ...options,
  });
  return { journal, seen, damages };
}

/** As `openJournal`, closed at the end of the test. */
export async function useJournal(
  t: ExecutionContext,
  folder: string,
  options: Partial<JournalOptions> = {},
) {
  const opened = await openJournal(folder, options);
  t.teardown(() => opened.journal.close());
  return opened;
}

/** Fills a journal and closes it. @returns Path of its first segment. */
export async function writeJournal(
  folder: string,
  texts: readonly string[],
  options: Partial<JournalOptions> = {},
): Promise<string> {
  const { journal } = await openJournal(folder, options);
  for (const text of texts) await journal.append({ k: 'test', text });
  await journal.close();
  return join(folder, 'history', '000001.jsonl');
}

export function textOf(record: unknown): unknown {
  return typeof record === 'object' && record !== null && 'text' in record ? record.text : record;
}

/** What a journal shows that holds these texts from number 1 on. */
export function numbered(texts: readonly unknown[]) {
  return texts.map((text, index) => ({ s: index + 1, text }));
}
