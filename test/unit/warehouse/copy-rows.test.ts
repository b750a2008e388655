import { expect, it } from 'vitest';
import { createCopyEncoder } from '../../../src/warehouse/copy-binary.js';
import { writeRow } from '../../../src/warehouse/copy-row.js';
import { rowCopier } from '../../../src/warehouse/writers/copy-rows.js';

const TYPES = ['text', 'smallint', 'integer', 'bigint', 'boolean', 'numeric(78,0)', 'jsonb', 'double precision'];
const columns = [...TYPES, 'timestamp with time zone'].map((type, index) => {
  return { name: `c_${index}`, property: `c${index}`, type };
});
const copier = rowCopier({ relation: 'core.any', columns, key: [] }, 'core.any');
const copyColumns = (
  ['text', 'int2', 'int4', 'int8', 'bool', 'numeric', 'jsonb', 'float8', 'timestamptz'] as const
).map((type, index) => ({ name: `c_${index}`, type }));

it('writes each value as COPY has it, of whatever kind it comes, and null for what is not there', () => {
  const at = new Date('2026-03-02T00:00:00Z');
  const out = createCopyEncoder();
  writeRow(out, copyColumns, ['a', 1, 2, 3n, true, '4', '{"b":[null]}', 0.5, at.getTime()]);
  writeRow(out, copyColumns, ['', -1, -2, 3, false, 4n, '"a text"', 1, null]);
  writeRow(
    out,
    copyColumns,
    copyColumns.map(() => null),
  );
  const rows = [
    { c0: 'a', c1: 1, c2: 2, c3: '3', c4: true, c5: '4', c6: { b: [null] }, c7: 0.5, c8: at },
    { c0: '', c1: -1, c2: -2, c3: 3, c4: false, c5: 4n, c6: 'a text', c7: 1, c8: undefined },
    { another: 1 },
  ];
  expect(Buffer.concat(copier.encode(rows).end())).toEqual(Buffer.concat(out.end()));
});

it('refuses a value that its column cannot hold', () => {
  const circular: object[] = [];
  circular.push(circular);
  for (const row of [{ c6: circular }, { c2: 'two' }, { c1: '1' }, { c4: 1 }, { c5: 'four' }, { c0: 5 }]) {
    expect(() => copier.encode([row])).toThrow(TypeError);
  }
  expect(() => copier.encode([{ c2: 2 ** 40 }])).toThrow(RangeError);
});
