import type { ClientBase, Pool } from 'pg';
import { buildCapabilityIndex } from '../domain/capability-index.js';
import type { Job } from '../domain/job.js';
import type { Log } from '../log.js';
import { type Refusal, writeAccepted } from '../warehouse/accepted-write.js';
import { withTransaction } from '../warehouse/pool.js';
import { createCapabilityReader } from '../warehouse/readers/capability-reader.js';
import { createGrainStore } from '../warehouse/stores/grain-store.js';
import {
  hasJobMarks,
  type JobMark,
  setJobMarks,
  spreadWorkerMarks,
  takeJobMarks,
} from '../warehouse/stores/job-mark-store.js';
import { createJobStore } from '../warehouse/stores/job-store.js';
import { LOCK, sharesMode } from './advisory-locks.js';
import type { AfterSessionsDrain } from './after-sessions.js';
import { identitiesOf, markKey, markOf, readJobs, resolveEach } from './job-resolution.js';
import { DEFAULT_LEFT_LIMIT } from './left-limit.js';
import type { ResolvePolicy } from './session-batch.js';

export interface JobResolverOptions {
  /** Connections of naap_worker, or of the owner. */
  readonly pool: Pool;
  /** Configuration as it stands when a batch begins. */
  readPolicy(client: ClientBase): Promise<ResolvePolicy>;
  /** Marks that one transaction takes at most. */
  readonly batchMarks?: number;
  /** A drain ends when it has left so many jobs. */
  readonly leftLimit?: number;
  readonly log: Log;
}

export interface JobResolver {
  /**
   * Resolves until no mark is left but those of jobs that cannot be resolved; answers how many those are. Each of them
   * is tried once in a drain and holds up no other; the next drain tries it again.
   */
  drain(options: AfterSessionsDrain): Promise<number>;
}

const DEFAULT_BATCH_MARKS = 2_000;
const OWN_JOBS = 'select pg_advisory_xact_lock($1, 0)';
const SHARE_RUNS = 'select pg_advisory_xact_lock_shared($1, 0)';
const MARK_BUCKETS = { name: 'job-resolver/mark-buckets', text: `select work.mark_buckets('job', $1)` };

/**
 * Job events to rows of `core.job` [domain 4.2]: a function of the set of events and sightings, since whatever could
 * change a job left a mark. One batch at a time in a database; like session batches it shares the capability runs, so
 * that a sighting finds every job that was judged without it.
 */
export async function createJobResolver(options: JobResolverOptions): Promise<JobResolver> {
  const { pool, readPolicy, batchMarks = DEFAULT_BATCH_MARKS, leftLimit = DEFAULT_LEFT_LIMIT, log } = options;
  const grains = await createGrainStore(pool);
  const store = await createJobStore(pool);
  const capabilityReader = createCapabilityReader();

  async function resolveBatch(client: ClientBase, decidedAt: Date, left: Map<string, JobMark>): Promise<number> {
    if (!(await sharesMode(client))) return 0;
    await client.query(OWN_JOBS, [LOCK.jobs]);
    await client.query(SHARE_RUNS, [LOCK.capabilityRuns]);
    const workerMarks = await spreadWorkerMarks(client, batchMarks);
    const marks = await takeJobMarks(client, batchMarks, [...left.values()]);
    const policy = await readPolicy(client);
    const floor = new Date(policy.rawFloorMs);
    const jobs = await readJobs(client, marks, floor);
    const capabilities = buildCapabilityIndex(await capabilityReader.readRuns(client, identitiesOf(jobs)));
    const { resolutions, refused } = resolveEach(jobs, capabilities, policy);
    const written = await writeAccepted(client, resolutions, async (accepted) => {
      const resolved = accepted.map((one) => one.resolved);
      const buckets = await store.write(client, resolved, { floor, decidedAt });
      await grains.add(
        client,
        resolved.map(({ grain }) => grain),
      );
      return buckets;
    });
    refused.push(...written.refused.map(({ item: { job }, error }) => ({ item: job, error })));
    await leave(client, refused, left);
    const there = new Set(jobs.map((job) => markKey(markOf(job))));
    const eventless = marks.filter((mark) => !there.has(markKey(mark)));
    const removed = await store.remove(client, eventless, decidedAt);
    const buckets = [...written.results.flat(), ...removed];
    if (buckets.length > 0) await client.query({ ...MARK_BUCKETS, values: [buckets] });
    return workerMarks + marks.length;
  }

  /** Jobs that cannot be resolved stay as they are stored, with their marks. */
  async function leave(
    client: ClientBase,
    refused: readonly Refusal<Job>[],
    left: Map<string, JobMark>,
  ): Promise<void> {
    for (const { item, error } of refused) {
      const mark = markOf(item);
      left.set(markKey(mark), mark);
      log.error({ err: error, ...mark }, 'job left with its mark: it could not be resolved');
    }
    await setJobMarks(
      client,
      refused.map(({ item }) => markOf(item)),
    );
  }

  return {
    async drain({ decidedAt, signal, batchLimit = Number.POSITIVE_INFINITY }) {
      const left = new Map<string, JobMark>();
      for (let batches = 0; batches < batchLimit && !signal?.aborted && (await hasJobMarks(pool)); batches += 1) {
        const markCount = await withTransaction(pool, (client) => resolveBatch(client, decidedAt, left));
        if (markCount === 0 || left.size >= leftLimit) break;
      }
      return left.size;
    },
  };
}
