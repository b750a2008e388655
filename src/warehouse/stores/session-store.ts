import type { ClientBase } from 'pg';
import type { EncodedPrefix } from '../../domain/session-prefix.js';
import type { ResolvedSession } from '../../domain/session-rows.js';
import { columnList, readTableShape, recordset, rowsParameter, type TableShape, upsert } from '../rows.js';

/** What the resolver needs to know of a session before it resolves it again. */
export interface KnownSession {
  readonly org: string;
  readonly sessionKey: string;
  readonly startedAtMs: number;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  readonly prefix: EncodedPrefix | null;
  readonly prefixUntilMs: number | null;
  readonly foldVersion: number;
  /** Of the stored segments, by ordinal: when each began and its grain. */
  readonly segments: readonly KnownSegment[];
}
export interface KnownSegment {
  readonly startedAtMs: number;
  readonly grainId: string;
}

export interface SessionName {
  readonly org: string;
  readonly sessionKey: string;
}

interface KnownRow {
  readonly org: string;
  readonly session_key: string;
  readonly started_at: Date;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly prefix: EncodedPrefix | null;
  readonly prefix_until: Date | null;
  readonly fold_version: number;
  readonly segments: readonly (readonly [string, string])[] | null;
}

const READ = {
  name: 'session-store/read',
  text: `
select s.org, s.session_key, s.started_at, s.first_seen_at, s.last_seen_at, s.prefix, s.prefix_until, s.fold_version,
  (
    select json_agg(json_build_array(g.started_at, g.grain_id::text) order by g.ordinal)
    from core.segment as g
    where g.org = s.org and g.session_key = s.session_key
  ) as segments
from unnest($1::text[], $2::text[]) as q (org, session_key)
cross join lateral (
  select * from core.session as s where s.org = q.org and s.session_key = q.session_key offset 0
) as s`,
};

/** The stored sessions among the named ones. */
export async function readKnownSessions(client: ClientBase, sessions: readonly SessionName[]): Promise<KnownSession[]> {
  const { rows } = await client.query<KnownRow>({
    ...READ,
    values: [sessions.map(({ org }) => org), sessions.map(({ sessionKey }) => sessionKey)],
  });
  return rows.map((row) => ({
    org: row.org,
    sessionKey: row.session_key,
    startedAtMs: row.started_at.getTime(),
    firstSeenAtMs: row.first_seen_at.getTime(),
    lastSeenAtMs: row.last_seen_at.getTime(),
    prefix: row.prefix,
    prefixUntilMs: row.prefix_until?.getTime() ?? null,
    foldVersion: row.fold_version,
    segments: (row.segments ?? []).map(([startedAt, grainId]) => ({ startedAtMs: Date.parse(startedAt), grainId })),
  }));
}

/** A resolved session and what was stored of it before. */
export interface Rewrite {
  readonly resolved: ResolvedSession;
  readonly known: KnownSession | null;
}

/** Starts of the buckets whose rows were written, changed or removed, per source of rollups; each once. */
export interface ChangedBuckets {
  readonly sessionStart: readonly Date[];
  readonly sessionBucket5m: readonly Date[];
  readonly sessionBucket1h: readonly Date[];
}

export interface SessionStore {
  /**
   * Makes the stored rows of the sessions equal to the resolved ones: each table by one statement for all sessions.
   * `decidedAt` is when changed decisions were made.
   */
  write(client: ClientBase, rewrites: readonly Rewrite[], decidedAt: Date): Promise<ChangedBuckets>;
}

const BUCKET_5M = 'core.session_bucket_5m';
const BUCKET_1H = 'core.session_bucket_1h';

const REMOVE_SEGMENTS = (relation: string, name: string) => ({
  name: `session-store/remove-${name}`,
  text: `
delete from ${relation} as t
using jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, kept integer)
where t.org = q.org and t.session_key = q."sessionKey" and t.ordinal >= q.kept`,
});

const REMOVE_START = {
  name: 'session-store/remove-start',
  text: `
delete from core.session_start as t
using jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, "bucketStart" timestamptz)
where t.session_key = q."sessionKey" and t.bucket_start = q."bucketStart" and t.org = q.org
returning t.bucket_start`,
};

// Found by session one by one: joined as sets, the planner may read every partition. The kept keys ride along as texts.
const removeBuckets = (relation: string, name: string) => ({
  name: `session-store/remove-${name}`,
  text: `
with gone as materialized (
  select t.session_key, t.bucket_start, t.grain_id, t.org
  from jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, "fromAt" timestamptz, kept text[])
  cross join lateral (
    select b.session_key, b.bucket_start, b.grain_id, b.org
    from ${relation} as b
    where b.session_key = q."sessionKey" and b.org = q.org and b.bucket_start >= q."fromAt" and b.bucket_start >= $2
      and (extract(epoch from b.bucket_start)::bigint || '/' || b.grain_id) <> all (q.kept)
    offset 0
  ) as t
)
delete from ${relation} as t
using gone
where t.session_key = gone.session_key and t.bucket_start = gone.bucket_start and t.grain_id = gone.grain_id
  and t.org = gone.org and t.bucket_start >= $2
returning t.bucket_start`,
});

const ADD_IDENTITIES = {
  name: 'session-store/add-identities',
  text: `
insert into core.session_identity (org, identity, session_key)
select * from unnest($1::text[], $2::text[], $3::text[])
on conflict do nothing`,
};

export async function createSessionStore(client: Pick<ClientBase, 'query'>): Promise<SessionStore> {
  const shapeOf = (relation: string): Promise<TableShape> => readTableShape(client, relation);
  const session = await shapeOf('core.session');
  const segment = await shapeOf('core.segment');
  const swap = await shapeOf('core.swap');
  const start = await shapeOf('core.session_start');
  const bucket5m = await shapeOf(BUCKET_5M);
  const bucket1h = await shapeOf(BUCKET_1H);
  const decision = await shapeOf('core.decision');
  const statement = (shape: TableShape, name: string, returning?: string) => ({
    name: `session-store/write-${name}`,
    text: upsert(shape, recordset('$1', shape.columns), returning),
  });
  const writeSessions = statement(session, 'sessions');
  const writeSegments = statement(segment, 'segments');
  const writeSwaps = statement(swap, 'swaps');
  const writeStarts = statement(start, 'starts', 't.bucket_start');
  const buckets = [
    { shape: bucket5m, name: 'buckets-5m' },
    { shape: bucket1h, name: 'buckets-1h' },
  ].map(({ shape, name }) => ({
    write: statement(shape, name, 't.bucket_start'),
    remove: removeBuckets(shape.relation, name),
  }));
  const [of5m, of1h] = buckets;
  if (of5m === undefined || of1h === undefined) throw new Error('two widths are written');
  const removeSegments = REMOVE_SEGMENTS('core.segment', 'segments');
  const removeSwaps = REMOVE_SEGMENTS('core.swap', 'swaps');
  const decisions = decisionStatements(decision);

  return {
    async write(session, rewrites, decidedAt) {
      if (rewrites.length === 0) return { sessionStart: [], sessionBucket5m: [], sessionBucket1h: [] };
      const all = rewrites.map(({ resolved }) => resolved);
      const known = rewrites.filter((rewrite): rewrite is Rewrite & { known: KnownSession } => rewrite.known !== null);
      await addIdentities(session, all);
      await session.query({ ...writeSessions, values: [rowsParameter(all.map((one) => one.session))] });
      await session.query({ ...writeSegments, values: [rowsParameter(all.flatMap((one) => one.segments))] });
      await session.query({ ...writeSwaps, values: [rowsParameter(all.flatMap((one) => one.swaps))] });
      const kept = (count: (one: ResolvedSession) => number): string =>
        rowsParameter(
          known.map(({ resolved }) => ({
            org: resolved.session.org,
            sessionKey: resolved.session.sessionKey,
            kept: count(resolved),
          })),
        );
      if (known.length > 0) {
        await session.query({ ...removeSegments, values: [kept((one) => one.segments.length)] });
        await session.query({ ...removeSwaps, values: [kept((one) => one.swaps.length)] });
      }
      await writeDecisions(
        session,
        all,
        decidedAt,
        kept((one) => one.decisions.length),
      );
      const sessionStart = await rewriteStarts(session, all, known);
      const sessionBucket5m = await rewriteBuckets(session, of5m, known, {
        rows: (one) => one.buckets5m,
        fromMs: (one) => one.rewritten5mFromMs,
        all,
      });
      const sessionBucket1h = await rewriteBuckets(session, of1h, known, {
        rows: (one) => one.buckets1h,
        fromMs: (one) => one.rewritten1hFromMs,
        all,
      });
      return { sessionStart, sessionBucket5m, sessionBucket1h };
    },
  };

  async function rewriteStarts(
    client: ClientBase,
    all: readonly ResolvedSession[],
    known: readonly (Rewrite & { known: KnownSession })[],
  ): Promise<Date[]> {
    const moved = known.flatMap(({ resolved: { start }, known: { startedAtMs } }) => {
      const bucketStart = Math.floor(startedAtMs / BUCKET_5M_MS) * BUCKET_5M_MS;
      return bucketStart === start.bucketStart.getTime()
        ? []
        : [{ org: start.org, sessionKey: start.sessionKey, bucketStart: new Date(bucketStart) }];
    });
    const removed =
      moved.length === 0
        ? []
        : (await client.query<BucketStartRow>({ ...REMOVE_START, values: [rowsParameter(moved)] })).rows;
    const written = await client.query<BucketStartRow>({
      ...writeStarts,
      values: [rowsParameter(all.map(({ start }) => start))],
    });
    return distinctStarts([...removed, ...written.rows]);
  }

  async function writeDecisions(
    client: ClientBase,
    all: readonly ResolvedSession[],
    decidedAt: Date,
    kept: string,
  ): Promise<void> {
    const rows = rowsParameter(all.flatMap((one) => one.decisions));
    await client.query({ ...decisions.supersedeChanged, values: [rows, decidedAt] });
    await client.query({ ...decisions.supersedeGone, values: [kept, decidedAt] });
    await client.query({ ...decisions.insert, values: [rows, decidedAt] });
  }
}

const BUCKET_5M_MS = 300_000;

interface BucketStartRow {
  readonly bucket_start: Date;
}

function distinctStarts(rows: readonly BucketStartRow[]): Date[] {
  return [...new Set(rows.map((row) => row.bucket_start.getTime()))].map((ms) => new Date(ms));
}

async function rewriteBuckets(
  client: ClientBase,
  {
    write,
    remove,
  }: { readonly write: { name: string; text: string }; readonly remove: { name: string; text: string } },
  known: readonly Rewrite[],
  of: {
    readonly all: readonly ResolvedSession[];
    rows(one: ResolvedSession): ResolvedSession['buckets5m'];
    fromMs(one: ResolvedSession): number;
  },
): Promise<Date[]> {
  const changed: BucketStartRow[] = [];
  if (known.length > 0) {
    const spans = known.map(({ resolved }) => ({
      org: resolved.session.org,
      sessionKey: resolved.session.sessionKey,
      fromAt: new Date(of.fromMs(resolved)),
      kept: of.rows(resolved).map(({ bucketStart, grainId }) => `${bucketStart.getTime() / 1000}/${grainId}`),
    }));
    const least = new Date(spans.reduce((ms, { fromAt }) => Math.min(ms, fromAt.getTime()), Number.POSITIVE_INFINITY));
    const removed = await client.query<BucketStartRow>({ ...remove, values: [rowsParameter(spans), least] });
    changed.push(...removed.rows);
  }
  const rows = of.all.flatMap((one) => of.rows(one));
  if (rows.length > 0) {
    const written = await client.query<BucketStartRow>({ ...write, values: [rowsParameter(rows)] });
    changed.push(...written.rows);
  }
  return distinctStarts(changed);
}

async function addIdentities(client: ClientBase, all: readonly ResolvedSession[]): Promise<void> {
  const rows = all.flatMap(({ session: { org, sessionKey }, identities }) =>
    identities.map((identity) => [org, identity, sessionKey] as const),
  );
  if (rows.length === 0) return;
  await client.query({
    ...ADD_IDENTITIES,
    values: [rows.map(([org]) => org), rows.map(([, identity]) => identity), rows.map(([, , key]) => key)],
  });
}

/** A changed decision supersedes the current one, an identical one writes nothing [FACT-001, FACT-003]. */
function decisionStatements(shape: TableShape) {
  const given = shape.columns.filter(({ name }) => !['decided_at', 'superseded_at'].includes(name));
  const content = given.filter(({ name }) => !['org', 'session_key', 'ordinal'].includes(name));
  const input = recordset('$1', given);
  return {
    supersedeChanged: {
      name: 'session-store/supersede-changed-decisions',
      text: `
update core.decision as t
set superseded_at = $2
from ${input} as i
where t.org = i.org and t.session_key = i.session_key and t.ordinal = i.ordinal and t.superseded_at is null
  and (${columnList(content, 't')}) is distinct from (${columnList(content, 'i')})`,
    },
    supersedeGone: {
      name: 'session-store/supersede-gone-decisions',
      text: `
update core.decision as t
set superseded_at = $2
from jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, kept integer)
where t.org = q.org and t.session_key = q."sessionKey" and t.ordinal >= q.kept and t.superseded_at is null`,
    },
    insert: {
      name: 'session-store/insert-decisions',
      text: `
insert into core.decision (${columnList(given)}, decided_at)
select ${columnList(given, 'i')}, $2
from ${input} as i
where not exists (
  select
  from core.decision as t
  where t.org = i.org and t.session_key = i.session_key and t.ordinal = i.ordinal and t.superseded_at is null
)`,
    },
  };
}
