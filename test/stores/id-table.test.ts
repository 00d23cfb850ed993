import test from 'ava';
import fc from 'fast-check';
import { hashId } from '../../daemon/stores/id-hash.ts';
import { IdTable } from '../../daemon/stores/id-table.ts';

const SEED = 7;
const CONVERSATION = 1;

/** An id, and for some another on the wire; ids may come again. */
const ids = fc.array(
  fc.tuple(fc.nat(400), fc.option(fc.nat(400), { nil: undefined })).map(([id, second]) => ({
    id: `id ${id}`,
    second: second === undefined ? undefined : `wire ${second}`,
  })),
  { maxLength: 600 },
);

type Ids = Readonly<{ id: string; second: string | undefined }>;

function add(table: IdTable, { id, second }: Ids): void {
  table.add(CONVERSATION, 'out', second === undefined ? [id] : [id, second]);
}

function rowsOf(table: IdTable, id: string): number[] {
  return [...table.rowsOf(hashId(SEED, CONVERSATION, 'out', id))].sort((a, b) => a - b);
}

/** As an index has it, where the order is by hash. */
function reopened(table: IdTable): IdTable {
  const entries: [hash: number, row: number][] = [];
  table.visit((hash, row) => entries.push([hash, row]));
  entries.sort(([a], [b]) => a - b);
  const hashes = Uint32Array.from(entries, ([hash]) => hash);
  return new IdTable(
    SEED,
    hashes,
    Uint32Array.from(entries, ([, row]) => row),
  );
}

test('a row is found by its id and by that on the wire, before and after it was in an index', (t) => {
  fc.assert(
    fc.property(ids, ids, (first, then) => {
      const table = new IdTable(SEED);
      for (const one of first) add(table, one);
      const other = reopened(table);
      for (const one of then) for (const it of [table, other]) add(it, one);
      const all = [...first, ...then];
      for (const wanted of [...all.flatMap(({ id, second }) => [id, second ?? 'none']), 'none']) {
        const rows = all.flatMap(({ id, second }, row) =>
          id === wanted || second === wanted ? [row] : [],
        );
        t.deepEqual(rowsOf(table, wanted), rows);
        t.deepEqual(rowsOf(other, wanted), rows);
      }
    }),
    { numRuns: 30 },
  );
});

test('there may be more rows than sixteen bits count', (t) => {
  const table = new IdTable(SEED);
  const count = 70_000;
  for (let row = 0; row < count; row++) add(table, { id: `id ${row}`, second: undefined });
  t.deepEqual(rowsOf(table, 'id 0'), [0]);
  t.deepEqual(rowsOf(table, `id ${count - 1}`), [count - 1]);
  t.deepEqual(rowsOf(table, 'id'), []);
});

test('an id takes seven bytes, and a little room for more', (t) => {
  const table = new IdTable(SEED);
  for (let row = 0; row < 40_000; row++) add(table, { id: `id ${row}`, second: undefined });
  t.true(table.sizeBytes < 40_000 * 8, `${table.sizeBytes}`);
});
