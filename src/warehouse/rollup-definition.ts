import { basename } from 'node:path';
import { AppError } from '../errors.js';
import { type SqlFile, sha256 } from './sql-files.js';

/** One file of `sql/continuous-aggregates`: its SELECT, and the options of its header. */
export interface RollupDefinition {
  readonly name: string;
  /** What the SELECT reads: a table of core, or another rollup. */
  readonly source: string;
  /** Width of a bucket, an SQL interval of at most a day. */
  readonly bucket: string;
  readonly bucketMs: number;
  /** Width of a chunk or partition. */
  readonly chunk: string;
  /** Column of work.floor below which nothing of it is kept. */
  readonly floor: string;
  readonly key: readonly string[];
  /** At most one refresh in this time; 0: every run. */
  readonly everyMs: number;
  /** What its rows are, for the comment of its public view; null: the view's own words. */
  readonly about: string | null;
  readonly columns: readonly RollupColumn[];
  readonly select: string;
  readonly hash: string;
}

interface RollupColumn {
  readonly name: string;
  readonly comment: string;
}

/** A rollup among the others: which table of core it finally counts. */
export interface Rollup extends RollupDefinition {
  readonly root: string;
  /** The rollup it is stacked on, if any. */
  readonly parent: string | null;
}

const MS_PER_UNIT = new Map([
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
]);

/** The rollups of these files, those that others are stacked on first. */
export function rollupsOf(files: readonly SqlFile[]): readonly Rollup[] {
  const definitions = files.map(({ name, text }) => parseRollup(basename(name, '.sql'), text));
  const byRelation = new Map(definitions.map((definition) => [`rollup.${definition.name}`, definition]));
  const place = (definition: RollupDefinition): { root: string; depth: number } => {
    const parent = byRelation.get(definition.source);
    if (parent === undefined) return { root: definition.source, depth: 0 };
    const { root, depth } = place(parent);
    return { root, depth: depth + 1 };
  };
  return definitions
    .map((definition) => ({ definition, ...place(definition) }))
    .sort((a, b) => a.depth - b.depth || a.definition.bucketMs - b.definition.bucketMs)
    .map(({ definition, root }) => ({
      ...definition,
      root,
      parent: byRelation.get(definition.source)?.name ?? null,
    }));
}

function parseRollup(name: string, text: string): RollupDefinition {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === 'select');
  const options = new Map(
    lines.slice(0, start).flatMap((line) => {
      const [, key, value] = /^-- ([a-z]+): (.+)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value.trim()] as const];
    }),
  );
  const option = (key: string): string => {
    const value = options.get(key);
    if (value === undefined) throw broken(name, `its header has no "-- ${key}: ..."`);
    return value;
  };
  if (start < 0) throw broken(name, 'it has no line "select"');

  const body = lines.slice(start);
  const select = body
    .map((line) => line.replace(/\s*--.*$/, ''))
    .join('\n')
    .trim();
  const source = option('source');
  if (!select.includes(`\nfrom ${source}\n`)) throw broken(name, `it has no line "from ${source}"`);
  const bucket = option('bucket');
  if (!select.includes(`time_bucket(interval '${bucket}', bucket_start) as bucket_start`)) {
    throw broken(name, `its bucket is not ${bucket}`);
  }
  const definition = {
    name,
    source,
    bucket,
    bucketMs: milliseconds(name, bucket),
    chunk: option('chunk'),
    floor: option('floor'),
    key: option('key').split(/,\s*/),
    everyMs: options.has('every') ? milliseconds(name, option('every')) : 0,
    about: options.get('about') ?? null,
    columns: readColumns(name, body),
    select,
  };
  const hash = sha256(JSON.stringify([definition.chunk, definition.key, select]));
  return { ...definition, hash };
}

/** The SELECT over other rows than its source's: a table expression in its place. */
export function selectFrom(rollup: RollupDefinition, relation: string): string {
  const alias = rollup.source.slice(rollup.source.indexOf('.') + 1);
  return rollup.select.replace(`\nfrom ${rollup.source}\n`, () => `\nfrom (${relation}) as ${alias}\n`);
}

function readColumns(name: string, body: readonly string[]): readonly RollupColumn[] {
  const end = body.findIndex((line) => line.startsWith('from '));
  return body.slice(1, end).map((line) => {
    const [, column, comment] = /^ {2}(?:.* as )?([a-z0-9_]+),? -- (.+)$/.exec(line) ?? [];
    if (column === undefined || comment === undefined) throw broken(name, `column without a comment: ${line.trim()}`);
    return { name: column, comment };
  });
}

function milliseconds(name: string, text: string): number {
  const [, count, unit = ''] = /^(\d+) (minute|hour|day)s?$/.exec(text) ?? [];
  const unitMs = MS_PER_UNIT.get(unit);
  if (count === undefined || unitMs === undefined) throw broken(name, `not a width: ${text}`);
  return Number(count) * unitMs;
}

function broken(name: string, problem: string): AppError {
  return new AppError('INVARIANT_BROKEN', `rollup ${name}: ${problem}`);
}
