import { basename, join } from 'node:path';
import type { StorageNotice } from '../../storage/notice.ts';
import type { Damage } from '../../storage/segment-scan.ts';

/**
 * What the owner should hear of damage in a journal; `undefined` when it was told before or concerns nobody.
 *
 * @param folder Where the journal is.
 * @param when   When the records before were written, in milliseconds.
 */
export function noticeOfDamage(
  damage: Damage,
  folder: string,
  when: number | undefined,
): StorageNotice | undefined {
  if (damage.kind === 'superseded') return undefined;
  // A torn tail is gone since; other damage stays and is found at every start.
  if (damage.isKnown && damage.kind !== 'torn_tail') return undefined;
  const file = join(basename(folder), damage.segment);
  if (damage.kind === 'torn_tail' && damage.records === 0) {
    return {
      code: 'journal_repaired',
      message: `a write to ${file} was cut off; nothing that was confirmed is lost`,
    };
  }
  const records = damage.records === 1 ? '1 record' : `${damage.records} records`;
  const period = when === undefined ? '' : `, after ${new Date(when).toISOString().slice(0, 10)}`;
  const rest = damage.copy === undefined ? '' : '; the bytes are in quarantine';
  return {
    code: 'journal_damaged',
    message: `${records} in ${file} can not be read${period}${rest}`,
  };
}
