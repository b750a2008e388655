import type { ClientBase } from 'pg';
import type { EncodedPrefix } from '../../domain/session-prefix.js';
import type { ResolvedSession } from '../../domain/session-rows.js';
import { sliceStartMs } from '../../domain/time.js';
import { readTableShape, recordset, rowsParameter, upsert } from '../rows.js';
import {
  type BucketStartRow,
  createBucketStore,
  distinctStarts,
  INGEST_1H,
  INGEST_5M,
  SWAPS,
  WIDTH_1H,
  WIDTH_5M,
} from './session-bucket-store.js';
import { createDecisionStore } from './session-decision-store.js';

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
  readonly swapCount: number;
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
  readonly swap_count: number;
  readonly segments: readonly (readonly [string, string])[] | null;
}

const READ = {
  name: 'session-store/read',
  text: `
select s.org, s.session_key, s.started_at, s.first_seen_at, s.last_seen_at, s.prefix, s.prefix_until, s.fold_version,
  s.explicit_swap_count + s.inferred_swap_count as swap_count,
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
    swapCount: row.swap_count,
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
  readonly swap: readonly Date[];
  readonly sessionIngest5m: readonly Date[];
  readonly sessionIngest1h: readonly Date[];
}

const NO_BUCKETS: ChangedBuckets = {
  sessionStart: [],
  sessionBucket5m: [],
  sessionBucket1h: [],
  swap: [],
  sessionIngest5m: [],
  sessionIngest1h: [],
};

export interface SessionStore {
  /**
   * Makes the stored rows of the sessions equal to the resolved ones: each table by one statement for all sessions.
   * `decidedAt` is when changed decisions were made.
   */
  write(client: ClientBase, rewrites: readonly Rewrite[], decidedAt: Date): Promise<ChangedBuckets>;
}

const REMOVE_SEGMENTS = {
  name: 'session-store/remove-segments',
  text: `
delete from core.segment as t
using jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, kept integer)
where t.org = q.org and t.session_key = q."sessionKey" and t.ordinal >= q.kept`,
};

const REMOVE_START = {
  name: 'session-store/remove-start',
  text: `
delete from core.session_start as t
using jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, "bucketStart" timestamptz)
where t.session_key = q."sessionKey" and t.bucket_start = q."bucketStart" and t.org = q.org
returning t.bucket_start`,
};

// a late event may push a GPU out of those that are kept of a session
const REMOVE_GPU_READINGS = {
  name: 'session-store/remove-gpu-readings',
  text: `
delete from core.session_gpu_reading as t
using jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, kept text[])
where t.org = q.org and t.session_key = q."sessionKey" and t.gpu_id <> all (q.kept)`,
};

const ADD_IDENTITIES = {
  name: 'session-store/add-identities',
  text: `
insert into core.session_identity (org, identity, session_key)
select * from unnest($1::text[], $2::text[], $3::text[])
on conflict do nothing`,
};

export async function createSessionStore(client: Pick<ClientBase, 'query'>): Promise<SessionStore> {
  const statement = async (relation: string, name: string, returning?: string) => {
    const shape = await readTableShape(client, relation);
    return { name: `session-store/write-${name}`, text: upsert(shape, recordset('$1', shape.columns), returning) };
  };
  const writeSessions = await statement('core.session', 'sessions');
  const writeSegments = await statement('core.segment', 'segments');
  const writeStarts = await statement('core.session_start', 'starts', 't.bucket_start');
  const writeGpuReadings = await statement('core.session_gpu_reading', 'gpu-readings');
  const decisions = await createDecisionStore(client);
  const buckets5m = await createBucketStore(client, WIDTH_5M);
  const buckets1h = await createBucketStore(client, WIDTH_1H);
  const swaps = await createBucketStore(client, SWAPS);
  const ingest5m = await createBucketStore(client, INGEST_5M);
  const ingest1h = await createBucketStore(client, INGEST_1H);

  return {
    async write(session, rewrites, decidedAt) {
      if (rewrites.length === 0) return NO_BUCKETS;
      const all = rewrites.map(({ resolved }) => resolved);
      const stored = rewrites.filter((rewrite): rewrite is Rewrite & { known: KnownSession } => rewrite.known !== null);
      const known = stored.map(({ resolved }) => resolved);
      await addIdentities(session, all);
      await session.query({ ...writeSessions, values: [rowsParameter(all.map((one) => one.session))] });
      await session.query({ ...writeSegments, values: [rowsParameter(all.flatMap((one) => one.segments))] });
      if (known.length > 0) {
        const kept = known.map(({ session: { org, sessionKey }, segments }) => {
          return { org, sessionKey, kept: segments.length };
        });
        await session.query({ ...REMOVE_SEGMENTS, values: [rowsParameter(kept)] });
      }
      await rewriteGpuReadings(session, all);
      const swapped = stored.filter((one) => one.known.swapCount > 0).map(({ resolved }) => resolved);
      await decisions.write(session, all, decidedAt);
      return {
        sessionStart: await rewriteStarts(session, all, stored),
        sessionBucket5m: await buckets5m.rewrite(session, all, known),
        sessionBucket1h: await buckets1h.rewrite(session, all, known),
        swap: await swaps.rewrite(session, all, swapped),
        sessionIngest5m: await ingest5m.rewrite(session, all, known),
        sessionIngest1h: await ingest1h.rewrite(session, all, known),
      };
    },
  };

  async function rewriteGpuReadings(client: ClientBase, all: readonly ResolvedSession[]): Promise<void> {
    const read = all.filter(({ gpuReadings }) => gpuReadings.length > 0);
    if (read.length === 0) return;
    const kept = read.map(({ session: { org, sessionKey }, gpuReadings }) => {
      return { org, sessionKey, kept: gpuReadings.map(({ gpuId }) => gpuId) };
    });
    await client.query({ ...REMOVE_GPU_READINGS, values: [rowsParameter(kept)] });
    await client.query({ ...writeGpuReadings, values: [rowsParameter(read.flatMap((one) => one.gpuReadings))] });
  }

  async function rewriteStarts(
    client: ClientBase,
    all: readonly ResolvedSession[],
    known: readonly (Rewrite & { known: KnownSession })[],
  ): Promise<readonly Date[]> {
    const moved = known.flatMap(({ resolved: { start }, known: { startedAtMs } }) => {
      const bucketStart = sliceStartMs(startedAtMs);
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
