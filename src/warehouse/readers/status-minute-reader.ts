import type { Pool } from 'pg';
import type { SyntheticChoice } from '../../domain/dimensions.js';
import { FILTER_SQL, filterValues, type GrainFilter, type Span } from './grain.js';

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

const MINUTES = {
  name: 'status-minute-reader/minutes',
  text: `select extract(epoch from date_trunc('minute', event_at, 'UTC')) * 1000 as "atMs",
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
  coalesce(sum(input_fps), 0)::float8 as "inputFpsSum"
from api.status_sample
where event_at >= $8::timestamptz and event_at < $9::timestamptz
  and ($10::text is null or session_id = $10::text)
  and ${FILTER_SQL}
group by 1
order by 1`,
};

export interface StatusMinuteQuery {
  readonly range: Span;
  readonly filter: GrainFilter;
  readonly synthetic: SyntheticChoice;
  readonly sessionId: string | null;
}

/** Status samples by minute, computed from the samples themselves while raw events are kept [AGGREGATE-001]. */
export async function readStatusMinutes(
  db: Pool,
  { range, filter, synthetic, sessionId }: StatusMinuteQuery,
): Promise<readonly { readonly atMs: number; readonly sums: StatusSums }[]> {
  const { rows } = await db.query<StatusSums & { atMs: string }>({
    ...MINUTES,
    values: [
      ...filterValues(filter, synthetic),
      new Date(range.startMs).toISOString(),
      new Date(range.endMs).toISOString(),
      sessionId,
    ],
  });
  return rows.map(({ atMs, ...sums }) => ({ atMs: Math.round(Number(atMs)), sums }));
}
