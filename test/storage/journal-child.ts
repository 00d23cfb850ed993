/** Appends until it is killed, and says which records were acknowledged: a helper of `journal-kill.test.ts`. */
import { writeSync } from 'node:fs';
import { Journal } from '../../storage/journal.ts';

const [, , folder = ''] = process.argv;
const WRITERS = 20;

const journal = await Journal.open({ folder, segmentMaxBytes: 20_000 });

async function write(writer: number): Promise<never> {
  for (let count = 0; ; count++) {
    const text = `${writer}.${count}`;
    const s = await journal.append({ text });
    // Written at once, so that no buffer dies with the process.
    writeSync(1, `${s} ${text}\n`);
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
