import type { Pool } from 'pg';
import { type Selection, type Span, selectionSql } from './grain.js';
import { createParameters } from './parameters.js';

/** Status samples of a stretch of time: how many, in which states, with which frame rates. */
export interface StatusSums {
  readonly statusSample: number;
  readonly errorSample: number;
  readonly loadingSample: number;
  readonly offlineSample: number;
  readonly onlineSample: number;
  readonly degradedInputSample: number;
  readonly degradedInferenceSample: number;
  readonly errorStateSample: number;
  readonly fpsSample: number;
  readonly fpsSum: number;
  readonly inputFpsSample: number;
  readonly inputFpsSum: number;
}

const MINUTE_COLUMNS = `extract(epoch from date_trunc('minute', event_at, 'UTC')) * 1000 as "atMs",
  count(*)::float8 as "statusSample",
  count(*) filter (where has_last_error or state = 'ERROR')::float8 as "errorSample",
  count(*) filter (where coalesce(state, case when fps > 0 then 'ONLINE' else 'LOADING' end) = 'LOADING')::float8 as "loadingSample",
  count(*) filter (where state = 'OFFLINE')::float8 as "offlineSample",
  count(*) filter (where coalesce(state, case when fps > 0 then 'ONLINE' end) = 'ONLINE')::float8 as "onlineSample",
  count(*) filter (where state = 'DEGRADED_INPUT')::float8 as "degradedInputSample",
  count(*) filter (where state = 'DEGRADED_INFERENCE')::float8 as "degradedInferenceSample",
  count(*) filter (where state = 'ERROR')::float8 as "errorStateSample",
  count(fps)::float8 as "fpsSample",
  coalesce(sum(fps), 0)::float8 as "fpsSum",
  count(input_fps)::float8 as "inputFpsSample",
  coalesce(sum(input_fps), 0)::float8 as "inputFpsSum"`;

export interface StatusMinuteQuery extends Selection {
  readonly range: Span;
  readonly sessionId: string | null;
}

/** Status samples by minute, computed from the samples themselves while raw events are kept [AGGREGATE-001]. */
export async function readStatusMinutes(
  db: Pool,
  query: StatusMinuteQuery,
): Promise<readonly { readonly atMs: number; readonly sums: StatusSums }[]> {
  const { values, add } = createParameters();
  const at = (ms: number): string => `${add(new Date(ms).toISOString())}::timestamptz`;
  const sessionId = add(query.sessionId);
  const { rows } = await db.query<StatusSums & { atMs: string }>({
    name: 'status-minute-reader/minutes',
    text: `select ${MINUTE_COLUMNS}
from api.status_sample
where event_at >= ${at(query.range.startMs)} and event_at < ${at(query.range.endMs)}
  and (${sessionId}::text is null or session_id = ${sessionId}::text)
  and ${selectionSql({ values, add }, query)}
group by 1
order by 1`,
    values,
  });
  return rows.map(({ atMs, ...sums }) => ({ atMs: Math.round(Number(atMs)), sums }));
}
