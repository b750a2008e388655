import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { useApi } from './api-under-test.js';
import { HOUR_MS, ORCHESTRATORS, seedOrchestrators, seedSessions } from './network.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const api = useApi(NOW);

interface Column {
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
}
interface Model {
  readonly relation: string;
  readonly columns: readonly Column[];
}

const TYPES: Readonly<Record<string, string>> = {
  String: 'text',
  'String[]': 'ARRAY',
  Int: 'integer',
  BigInt: 'bigint',
  Boolean: 'boolean',
  Decimal: 'numeric',
  Json: 'jsonb',
  DateTime: 'timestamp with time zone',
};

function readModels(schema: string): readonly Model[] {
  return [...schema.matchAll(/^model (\w+) \{\n([^}]*)\n\}/gm)].map(([, , body = '']) => {
    const attribute = (name: string): string => new RegExp(`@@${name}\\("(\\w+)"\\)`).exec(body)?.[1] ?? '';
    const columns = body.split('\n').flatMap((line) => {
      const [, field = '', type = '', optional] = /^ {2}(\w+)\s+(\w+(?:\[\])?)(\?)?/.exec(line) ?? [];
      const stored = TYPES[type];
      if (stored === undefined) return [];
      return [{ name: /@map\("(\w+)"\)/.exec(line)?.[1] ?? field, type: stored, isNullable: optional === '?' }];
    });
    return { relation: `${attribute('schema')}.${attribute('map')}`, columns };
  });
}

const models = readModels(await readFile(new URL('../../../prisma/schema.prisma', import.meta.url), 'utf8'));

beforeAll(async () => {
  await seedOrchestrators(api().owner, ORCHESTRATORS, NOW - HOUR_MS);
  await seedSessions(api().owner, [
    { id: 's1', startedMs: NOW - 60_000, orchestrator: ORCHESTRATORS[0] ?? '', swaps: 1, fps: [20] },
  ]);
});

describe('prisma/schema.prisma', () => {
  test('has models', () => expect(models.length).toBeGreaterThanOrEqual(7));

  test.each(models.map((model) => [model.relation, model] as const))(
    '%s has the columns and types of the database, both ways',
    async (relation, model) => {
      const [schema, name] = relation.split('.');
      const { rows } = await api().owner.query<{ name: string; type: string }>(
        'select column_name as name, data_type as type from information_schema.columns where table_schema = $1 and table_name = $2 order by 1',
        [schema, name],
      );
      const declared = model.columns.map((column) => ({ name: column.name, type: column.type }));
      expect([...declared].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(rows);
    },
  );

  // information_schema calls every column of a view nullable, so what a view never answers null is asked of its rows.
  test.each(models.map((model) => [model.relation, model] as const))(
    '%s: what is declared non-null is never null',
    async (relation, model) => {
      const required = model.columns.filter(({ isNullable }) => !isNullable).map(({ name }) => `"${name}" is null`);
      const { rows } = await api().owner.query<{ count: string }>(
        `select count(*) as count from ${relation} where ${required.join(' or ')}`,
      );
      expect(rows[0]?.count).toBe('0');
    },
  );

  test('config tables agree on what may be null', async () => {
    for (const { relation, columns } of models.filter((model) => model.relation.startsWith('config.'))) {
      const { rows } = await api().owner.query<{ name: string; isNullable: boolean }>(
        `select column_name as name, is_nullable = 'YES' as "isNullable" from information_schema.columns where table_schema || '.' || table_name = $1`,
        [relation],
      );
      for (const column of columns) expect(rows).toContainEqual({ name: column.name, isNullable: column.isNullable });
    }
  });
});
