import { describe, expect, it } from 'vitest';
import { compareRows, type Difference } from '../../outcomes/comparison.js';
import type { ExpectedOutcome, OutcomeRow } from '../../outcomes/outcome-kind.js';

const row = (id: number, fields: Record<string, unknown> = { value: id }): ExpectedOutcome => ({
  id: String(id),
  atMs: id,
  fields,
  uncertain: [],
});

async function* streamOf<Row>(rows: readonly Row[]): AsyncGenerator<Row> {
  yield* rows;
}

async function compare(expected: readonly ExpectedOutcome[], seen: readonly OutcomeRow[]) {
  const differences: Difference[] = [];
  const tally = await compareRows(streamOf(expected), streamOf(seen), (difference) => differences.push(difference));
  return { tally, differences };
}

describe('compareRows', () => {
  const ids = Array.from({ length: 50 }, (_, id) => id);

  it('finds rows in another order the same', async () => {
    const swapped = ids.map((id) => row(id % 2 === 0 ? id + 1 : id - 1));
    const { tally, differences } = await compare(
      ids.map((id) => row(id)),
      swapped,
    );
    expect(differences).toEqual([]);
    expect(tally).toMatchObject({ expectedCount: 50, seenCount: 50, fieldCount: 50, differentCount: 0 });
  });

  it('names what is missing, what is too much, and each field that differs', async () => {
    const { tally, differences } = await compare(
      [row(1), row(2), row(3, { a: 1, b: [1] })],
      [row(1), row(3, { a: 2, b: [2], c: null }), row(4)],
    );
    expect(differences).toEqual([
      { what: 'different', id: '3', field: 'a', expected: 1, seen: 2 },
      { what: 'different', id: '3', field: 'b', expected: [1], seen: [2] },
      { what: 'different', id: '3', field: 'c', expected: undefined, seen: null },
      { what: 'not found', id: '2' },
      { what: 'not expected', id: '4' },
    ]);
    expect(tally).toMatchObject({ differentCount: 1, notFoundCount: 1, notExpectedCount: 1, fieldCount: 4 });
  });

  it('finds a row that is listed twice', async () => {
    expect((await compare([row(1)], [row(1), row(1)])).differences).toEqual([{ what: 'not expected', id: '1' }]);
  });

  it('compares an uncertain row in everything else, and counts it', async () => {
    const expected = { ...row(1, { model: 'x', count: 1 }), uncertain: ['model'] };
    const { tally, differences } = await compare([expected], [row(1, { model: 'y', count: 2 })]);
    expect(differences).toEqual([{ what: 'different', id: '1', field: 'count', expected: 1, seen: 2 }]);
    expect(tally).toMatchObject({ uncertainCount: 1, fieldCount: 1 });
  });

  it('reads no further ahead of the other side than rows are out of order', async () => {
    let [readExpected, readSeen, furthest] = [0, 0, 0];
    async function* counted<Row>(rows: readonly Row[], note: () => void): AsyncGenerator<Row> {
      for (const one of rows) {
        note();
        furthest = Math.max(furthest, Math.abs(readExpected - readSeen));
        yield one;
      }
    }
    const rows = ids.map((id) => row(id));
    await compareRows(
      counted(rows, () => {
        readExpected += 1;
      }),
      counted(rows, () => {
        readSeen += 1;
      }),
      () => undefined,
    );
    expect(furthest).toBeLessThanOrEqual(2);
  });
});
