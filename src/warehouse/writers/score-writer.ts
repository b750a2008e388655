import type { ClientBase } from 'pg';
import { formatDecimal, parseDecimal } from '../../domain/money.js';
import { compareBytewise } from '../../domain/order.js';
import { copyInto } from '../copy-binary.js';
import type { ScoreWidth } from '../stores/score-input-store.js';

/** A result as it is stored. */
export interface ScoreRow {
  readonly width: ScoreWidth;
  readonly startMs: number;
  readonly grainId: string;
  readonly scoringVersion: string;
  readonly inputId: string;
  readonly configId: string | null;
  readonly targetId: string | null;
  readonly score: number | null;
  readonly subscores: unknown;
  readonly benchmarks: unknown;
  readonly isWithdrawn: boolean;
  readonly resultHash: string;
}

const NEWEST = {
  name: 'score-writer/newest',
  text: 'select coalesce(max(score_id), 0)::text as id from core.sla_score',
};
const COLUMNS = [
  { name: 'width', type: 'text' },
  { name: 'bucket_start', type: 'timestamptz' },
  { name: 'grain_id', type: 'int8' },
  { name: 'scoring_version', type: 'text' },
  { name: 'input_id', type: 'int8' },
  { name: 'config_id', type: 'int8' },
  { name: 'target_id', type: 'int8' },
  { name: 'score', type: 'numeric' },
  { name: 'subscores', type: 'jsonb' },
  { name: 'benchmarks', type: 'jsonb' },
  { name: 'is_withdrawn', type: 'bool' },
  { name: 'computed_at', type: 'timestamptz' },
] as const;
const PUT_IN_FORCE = {
  name: 'score-writer/put-in-force',
  text: `insert into core.sla_score_current (width, bucket_start, grain_id, scoring_version, score_id, result_hash)
select s.width, s.bucket_start, s.grain_id, s.scoring_version, s.score_id, r.hash
from jsonb_to_recordset($1::jsonb) as r (width text, "startMs" float8, "grainId" bigint, version text, hash text)
join core.sla_score as s
  on s.width = r.width and s.bucket_start = to_timestamp(r."startMs" / 1000) and s.grain_id = r."grainId"
  and s.scoring_version = r.version and s.score_id > $2
on conflict (width, bucket_start, grain_id, scoring_version)
do update set score_id = excluded.score_id, result_hash = excluded.result_hash`,
};

/**
 * Appends results and makes them the current ones; nothing is overwritten. Under the lock of scoring, so that all newer
 * ones are its own.
 */
export async function appendScores(client: ClientBase, rows: readonly ScoreRow[], computedAt: Date): Promise<void> {
  if (rows.length === 0) return;
  const newest = (await client.query<{ id: string }>(NEWEST)).rows[0]?.id;
  const ordered = [...rows].sort(byKey);
  await copyInto(client, {
    table: 'core.sla_score',
    columns: COLUMNS,
    rows: ordered.map((row) => [
      row.width,
      row.startMs,
      BigInt(row.grainId),
      row.scoringVersion,
      BigInt(row.inputId),
      bigintOf(row.configId),
      bigintOf(row.targetId),
      row.score === null ? null : decimalText(row.score),
      JSON.stringify(row.subscores),
      JSON.stringify(row.benchmarks),
      row.isWithdrawn,
      computedAt.getTime(),
    ]),
  });
  const hashes = ordered.map(({ width, startMs, grainId, scoringVersion: version, resultHash: hash }) => {
    return { width, startMs, grainId, version, hash };
  });
  await client.query({ ...PUT_IN_FORCE, values: [JSON.stringify(hashes), newest] });
}

function bigintOf(id: string | null): bigint | null {
  return id === null ? null : BigInt(id);
}

/** A score as PostgreSQL writes it: a decimal without an exponent. */
export function decimalText(value: number): string {
  const decimal = parseDecimal(value);
  if (decimal === null) throw new RangeError(`score ${value} is no decimal`);
  return formatDecimal(decimal);
}

function byKey(a: ScoreRow, b: ScoreRow): number {
  const [grain, other] = [BigInt(a.grainId), BigInt(b.grainId)];
  const byGrain = grain === other ? 0 : grain < other ? -1 : 1;
  return (
    compareBytewise(a.width, b.width) ||
    a.startMs - b.startMs ||
    byGrain ||
    compareBytewise(a.scoringVersion, b.scoringVersion)
  );
}
