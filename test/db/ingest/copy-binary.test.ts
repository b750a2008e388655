import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBins, encodeSample } from '../../../src/domain/bins.js';
import { copyInto } from '../../../src/warehouse/copy-binary.js';
import type { CopyType, CopyValue } from '../../../src/warehouse/copy-row.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';

const COLUMNS: readonly { name: string; type: CopyType }[] = [
  { name: 't', type: 'text' },
  { name: 'i2', type: 'int2' },
  { name: 'i4', type: 'int4' },
  { name: 'i8', type: 'int8' },
  { name: 'b', type: 'bool' },
  { name: 'f', type: 'float8' },
  { name: 'n', type: 'numeric' },
  { name: 'at', type: 'timestamptz' },
  { name: 'u', type: 'uuid' },
  { name: 'j', type: 'jsonb' },
  { name: 'y', type: 'bytea' },
  { name: 'l', type: 'text[]' },
];

describe('binary COPY', () => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url() });
    await client.connect();
    await client.query(
      `create table public.copied (row_id integer, ${COLUMNS.map(({ name, type }) => `"${name}" ${type}`).join(', ')})`,
    );
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });
  const copied = async (
    rows: Iterable<readonly CopyValue[]> | AsyncIterable<readonly CopyValue[]>,
  ): Promise<unknown[][]> => {
    await client.query('truncate public.copied');
    const columns = [{ name: 'row_id', type: 'int4' as const }, ...COLUMNS];
    await copyInto(client, { table: 'public.copied', columns, rows });
    const { rows: read } = await client.query({
      text: `select t, i2, i4, i8, b, f, n::text, (extract(epoch from at) * 1000)::bigint as at, u, j::text, y, l
        from public.copied order by row_id`,
      rowMode: 'array',
    });
    return read;
  };

  it('reads back what was written, at the edges of every type', async () => {
    const uuid = '0123456789abcdef0123456789abcdef';
    const dashed = '01234567-89ab-cdef-0123-456789abcdef';
    const rows: CopyValue[][] = [
      [
        1,
        'aé😀',
        -32768,
        -(2 ** 31),
        -(2 ** 53) + 1,
        true,
        -0.1,
        '-12345.00067800',
        Date.UTC(1999, 0, 1),
        uuid,
        '{"a":[1]}',
        Buffer.from([0, 255]),
        ['a', '', 'ü"{,}'],
      ],
      [
        2,
        '',
        32767,
        2 ** 31 - 1,
        9223372036854775807n,
        false,
        5e-324,
        10n ** 77n,
        Date.UTC(2026, 0, 1) + 1,
        dashed,
        'null',
        Buffer.alloc(0),
        [],
      ],
      [3, ...COLUMNS.map(() => null)],
    ];
    expect(await copied(rows)).toEqual([
      [
        'aé😀',
        -32768,
        -(2 ** 31),
        '-9007199254740991',
        true,
        -0.1,
        '-12345.00067800',
        '915148800000',
        dashed,
        '{"a": [1]}',
        Buffer.from([0, 255]),
        ['a', '', 'ü"{,}'],
      ],
      [
        '',
        32767,
        2 ** 31 - 1,
        '9223372036854775807',
        false,
        5e-324,
        `1${'0'.repeat(77)}`,
        '1767225600001',
        dashed,
        'null',
        Buffer.alloc(0),
        [],
      ],
      COLUMNS.map(() => null),
    ]);
  });

  it('keeps any text, integer and decimal', async () => {
    const row = fc.tuple(
      fc.string({ unit: 'binary' }).map((text) => text.replace(/\0/g, '')),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
      fc.nat(12),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (values) => {
        const decimals = values.map(([, , digits, scale]) => {
          const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
          return `${digits < 0n ? '-' : ''}${text.slice(0, text.length - scale)}${scale === 0 ? '' : `.${text.slice(text.length - scale)}`}`;
        });
        const rows = values.map(([text, integer], index) => [
          index,
          text,
          null,
          null,
          integer,
          null,
          null,
          decimals[index] ?? '',
          null,
          null,
          null,
          null,
          null,
        ]);
        const read = await copied(rows);
        expect(read.map((cells) => [cells[0], cells[3], cells[6]])).toEqual(
          values.map(([text, integer], index) => [text, String(integer), decimals[index]]),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the thousands of digits of histograms', async () => {
    const bins = fc.array(fc.tuple(fc.nat(1_999), fc.integer({ min: 1, max: 999_999_999_999 })), { maxLength: 12 });
    const histogram = fc.oneof(
      bins.map((counts) => encodeBins(new Map(counts))),
      fc.integer({ min: 0, max: 2 ** 31 }).map(encodeSample),
      // integers of any length around that of a short one, zeros in front and behind
      fc.stringMatching(/^0{0,9}[0-9]{1,70}0{0,30}$/),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(histogram, { maxLength: 20 }), async (texts) => {
        const rows = texts.map((text, index) => [
          index,
          ...COLUMNS.map(({ type }) => (type === 'numeric' ? text : null)),
        ]);
        const read = await copied(rows);
        expect(read.map((cells) => cells[6])).toEqual(texts.map((text) => BigInt(text).toString()));
      }),
      { numRuns: 50 },
    );
    const broken = ['x', '\u0130', '.', '-'].map((tail) => '1'.repeat(80) + tail);
    for (const text of broken) {
      const row = [1, ...COLUMNS.map(({ type }) => (type === 'numeric' ? text : null))];
      await expect(copied([row]), text).rejects.toThrow(TypeError);
    }
  });

  it('streams more than a buffer, from an async source too', async () => {
    async function* many(): AsyncGenerator<CopyValue[]> {
      for (let index = 0; index < 3000; index += 1)
        yield [index, 'x'.repeat(1000), ...COLUMNS.slice(1).map(() => null)];
    }
    expect(await copied(many())).toHaveLength(3000);
  });

  it('leaves the connection usable after a value or a row that is refused', async () => {
    const bad = (value: CopyValue): CopyValue[][] => [[1, 'x', value, ...COLUMNS.slice(2).map(() => null)]];
    await expect(copied(bad('no number'))).rejects.toThrow(TypeError);
    await expect(copied([[1]])).rejects.toThrow(TypeError);
    await expect(copied(bad(70_000))).rejects.toThrow(RangeError);
    await client.query("alter table public.copied add constraint no_x check (t <> 'x')");
    await expect(copied(bad(5))).rejects.toMatchObject({ code: '23514' });
    await client.query('alter table public.copied drop constraint no_x');
    expect(await copied(bad(5))).toHaveLength(1);
  });
});
