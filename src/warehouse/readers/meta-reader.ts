import type { Pool } from 'pg';

export interface SourceRow {
  readonly id: string;
  readonly clusterId: string;
  readonly topic: string;
  readonly partition: number;
  readonly org: string;
  readonly nextOffset: number;
  readonly consumedCount: number;
  readonly acceptedCount: number;
  readonly ignoredCount: number;
  readonly rejectedCount: number;
  readonly duplicateCount: number;
  readonly conflictCount: number;
  readonly unchangedCount: number;
  readonly gapCount: number;
  readonly missedCount: number;
  readonly newestEventAt: Date | null;
  readonly updatedAt: Date | null;
}

const SOURCES = {
  name: 'meta-reader/sources',
  text: `select id, cluster_id as "clusterId", topic, partition, org, next_offset::float8 as "nextOffset",
  consumed_count::float8 as "consumedCount", accepted_count::float8 as "acceptedCount",
  ignored_count::float8 as "ignoredCount", rejected_count::float8 as "rejectedCount",
  duplicate_count::float8 as "duplicateCount", conflict_count::float8 as "conflictCount",
  unchanged_count::float8 as "unchangedCount", gap_count::float8 as "gapCount", missed_count::float8 as "missedCount",
  newest_event_at as "newestEventAt", updated_at as "updatedAt"
from api.source_status
order by cluster_id, topic, partition`,
};

/** Where reading stands, one row per source. */
export async function readSources(db: Pool): Promise<readonly SourceRow[]> {
  const { rows } = await db.query<SourceRow>(SOURCES);
  return rows;
}

export interface VerdictRow {
  readonly sourceId: string;
  /** `''` when none can be read. */
  readonly family: string;
  readonly verdict: string;
  /** `''` for accepted. */
  readonly reason: string;
  readonly messageCount: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

const VERDICTS = {
  name: 'meta-reader/verdicts',
  text: `select source_id as "sourceId", family, verdict, reason, message_count::float8 as "messageCount",
  first_at as "firstAt", last_at as "lastAt"
from api.tally
order by source_id, message_count desc, family, verdict, reason`,
};

/** Messages by source, family, verdict and reason, most first [INGEST-003, QUALITY-001]. */
export async function readVerdicts(db: Pool): Promise<readonly VerdictRow[]> {
  const { rows } = await db.query<VerdictRow>(VERDICTS);
  return rows;
}

export interface CoverageRow {
  readonly outcome: string;
  readonly sessionCount: number;
}

const COVERAGE = {
  name: 'meta-reader/attribution-coverage',
  text: `select attribution_outcome as outcome, sum(session_count)::float8 as "sessionCount"
from api.attribution_coverage
where bucket_start >= $1::timestamptz and bucket_start < $2::timestamptz and not is_synthetic
group by 1
order by 1`,
};

/** Selected sessions by the outcome of their attribution, test traffic left out [ATTRIBUTION-007]. */
export async function readAttributionCoverage(
  db: Pool,
  startMs: number,
  endMs: number,
): Promise<readonly CoverageRow[]> {
  const { rows } = await db.query<CoverageRow>({
    ...COVERAGE,
    values: [new Date(startMs).toISOString(), new Date(endMs).toISOString()],
  });
  return rows;
}

export interface BacklogRow {
  readonly id: string;
  readonly markCount: number;
}

const BACKLOG = {
  name: 'meta-reader/backlog',
  text: `select id, mark_count::float8 as "markCount"
from api.work_backlog
union all
select 'rollup', coalesce(sum(mark_count), 0)::float8
from api.rollup_backlog
order by 1`,
};

/** Changes that wait, by the log they wait in. */
export async function readBacklog(db: Pool): Promise<readonly BacklogRow[]> {
  const { rows } = await db.query<BacklogRow>(BACKLOG);
  return rows;
}
