import { type SourceKind, sourceKindOf } from '../domain/source-kind.js';
import {
  type BacklogRow,
  readAttributionCoverage,
  readBacklog,
  readSources,
  readVerdicts,
  type SourceRow,
  type VerdictRow,
} from '../warehouse/readers/meta-reader.js';
import type { ApiContext } from './context.js';
import { once } from './grouped-answer.js';
import { type Metric, metric, ratioMetric } from './metric.js';
import { BUCKET_MS } from './range.js';

/** How fresh and how complete the data are. */
export interface Meta {
  readonly asOf: Date;
  readonly sources: () => Promise<readonly Source[]>;
  readonly lagSeconds: () => Promise<Metric>;
  readonly backlog: () => Promise<readonly BacklogRow[]>;
  readonly attributionCoverage: () => Promise<readonly OutcomeShare[]>;
}

export interface OutcomeShare {
  readonly outcome: string;
  readonly sessionCount: number;
  readonly share: Metric;
}

export type { BacklogRow, SourceKind, VerdictRow };
/** Work that may wait, by what it is of. */
export type BacklogLog =
  | 'session'
  | 'sighting'
  | 'payment'
  | 'job'
  | 'discovery'
  | 'ticket'
  | 'byoc_auth'
  | 'byoc_worker'
  | 'rollup'
  | 'score'
  | 'benchmark';
export type VerdictKind = 'accepted' | 'ignored' | 'rejected' | 'duplicate';

/** A source with what became of its messages; all sources of an answer share one statement. */
export interface Source extends SourceRow {
  readonly verdicts: () => Promise<readonly VerdictRow[]>;
}

export function meta({ db, nowMs }: ApiContext): Meta {
  const verdicts = once(() => readVerdicts(db));
  const sources = once(async () =>
    (await readSources(db)).map(
      (source): Source => ({
        ...source,
        verdicts: async () => (await verdicts()).filter(({ sourceId }) => sourceId === source.id),
      }),
    ),
  );
  return {
    asOf: new Date(nowMs),
    sources,
    lagSeconds: async () => newestLag(await sources(), nowMs),
    backlog: once(() => readBacklog(db)),
    attributionCoverage: once(async () => {
      const endMs = (Math.floor(nowMs / BUCKET_MS.HOUR_1) + 1) * BUCKET_MS.HOUR_1;
      const rows = await readAttributionCoverage(db, endMs - BUCKET_MS.DAY_1, endMs);
      const total = rows.reduce((sum, { sessionCount }) => sum + sessionCount, 0);
      return rows.map((row) => ({ ...row, share: ratioMetric(row.sessionCount, total) }));
    }),
  };
}

export function sourceKind({ clusterId }: Pick<SourceRow, 'clusterId'>): SourceKind {
  return sourceKindOf(clusterId);
}

/** Seconds between the watermark of a source and now, never negative; null before its first event. */
export function sourceLag(source: Pick<SourceRow, 'newestEventAt'>, nowMs: number): Metric {
  const at = source.newestEventAt?.getTime();
  return metric('SECONDS', at === undefined ? null : Math.max(0, (nowMs - at) / 1000), at === undefined ? 0 : 1);
}

/** Lag of the newest watermark among live sources: a file is read once and has none. */
function newestLag(sources: readonly SourceRow[], nowMs: number): Metric {
  const live = sources.filter(({ clusterId }) => sourceKindOf(clusterId) !== 'FILE');
  const watermarks = (live.length > 0 ? live : sources).flatMap(({ newestEventAt }) => newestEventAt ?? []);
  const newest = watermarks.length === 0 ? undefined : Math.max(...watermarks.map((at) => at.getTime()));
  return metric('SECONDS', newest === undefined ? null : Math.max(0, (nowMs - newest) / 1000), watermarks.length);
}
