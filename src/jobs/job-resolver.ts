import type { ClientBase, Pool } from 'pg';
import { buildCapabilityIndex, type CapabilityIndex } from '../domain/capability-index.js';
import { groupBy } from '../domain/group-by.js';
import { aiBatchJob, byocJob, type Job, jobKey } from '../domain/job.js';
import { type ResolvedJob, resolveJob } from '../domain/job-row.js';
import type { Log } from '../log.js';
import { withTransaction } from '../warehouse/pool.js';
import { createCapabilityReader } from '../warehouse/readers/capability-reader.js';
import {
  readAiBatchEvents,
  readByocEvents,
  readLlmEvents,
  readWorkers,
} from '../warehouse/readers/job-event-reader.js';
import { createGrainStore } from '../warehouse/stores/grain-store.js';
import {
  hasJobMarks,
  type JobMark,
  setJobMarks,
  spreadWorkerMarks,
  takeJobMarks,
} from '../warehouse/stores/job-mark-store.js';
import { createJobStore } from '../warehouse/stores/job-store.js';
import { LOCK } from './advisory-locks.js';
import type { AfterSessionsDrain } from './after-sessions.js';
import type { ResolvePolicy } from './session-batch.js';
import { DEFAULT_LEFT_LIMIT, type Refusal, writeAccepted } from './session-batch-write.js';

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

interface Resolution {
  readonly job: Job;
  readonly resolved: ResolvedJob;
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
    await client.query(OWN_JOBS, [LOCK.jobs]);
    await client.query(SHARE_RUNS, [LOCK.capabilityRuns]);
    const workerMarks = await spreadWorkerMarks(client, batchMarks);
    const marks = await takeJobMarks(client, batchMarks, [...left.values()]);
    const policy = await readPolicy(client);
    const floor = new Date(policy.rawFloorMs);
    const jobs = [...(await readAiBatchJobs(client, marks, floor)), ...(await readByocJobs(client, marks, floor))];
    const capabilities = await readCapabilities(client, jobs);
    const { resolutions, refused } = resolveEach(jobs, capabilities, policy);
    const written = await writeAccepted(client, resolutions, async (accepted) => {
      const resolved = accepted.map((one) => one.resolved);
      const buckets = await store.write(client, resolved, { floor, decidedAt });
      return { buckets, grains: resolved.map(({ grain }) => grain) };
    });
    refused.push(...written.refused.map(({ item: { job }, error }) => ({ item: job, error })));
    await leave(client, refused, left);
    await grains.add(
      client,
      written.results.flatMap((one) => one.grains),
    );
    const buckets = written.results.flatMap((one) => one.buckets);
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

  async function readCapabilities(client: ClientBase, jobs: readonly Job[]): Promise<CapabilityIndex> {
    const shown = jobs.flatMap(({ completed, ...job }) => {
      const address = job.kind === 'byoc' && 'orchAddress' in completed ? completed.orchAddress : '';
      return [completed.orchUrl, address].map((identity) => ({ org: completed.org, identity }));
    });
    const named = shown.filter(({ identity }) => identity !== '');
    const distinct = [...new Map(named.map((one) => [`${one.org}\u001f${one.identity}`, one])).values()];
    return buildCapabilityIndex(await capabilityReader.readRuns(client, distinct));
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

/** Resolves each job by itself: one that a rule throws at holds up none of the others. */
function resolveEach(
  jobs: readonly Job[],
  capabilities: CapabilityIndex,
  policy: ResolvePolicy,
): { readonly resolutions: readonly Resolution[]; readonly refused: Refusal<Job>[] } {
  const resolutions: Resolution[] = [];
  const refused: Refusal<Job>[] = [];
  for (const job of jobs) {
    const rules = { capabilities: capabilities.ofOrg(job.completed.org), policy, naming: policy.naming };
    try {
      resolutions.push({ job, resolved: resolveJob(job, rules) });
    } catch (error) {
      refused.push({ item: job, error });
    }
  }
  return { resolutions, refused };
}

function markOf({ kind, completed: { org, requestId, eventId } }: Job): JobMark {
  const isOfRequest = kind === 'ai_batch' && requestId !== '';
  return { org, kind, requestId: isOfRequest ? requestId : '', eventId: isOfRequest ? '' : eventId };
}

async function readAiBatchJobs(client: ClientBase, marks: readonly JobMark[], floor: Date): Promise<Job[]> {
  const own = distinctMarks(marks.filter(({ kind }) => kind === 'ai_batch'));
  if (own.length === 0) return [];
  const requests = own.filter(({ requestId }) => requestId !== '');
  const events = own.filter(({ requestId }) => requestId === '');
  const keyOf = ({ org, requestId, eventId }: { org: string; requestId: string; eventId: string }): string =>
    `${org}\u001f${jobKey('ai_batch', requestId, eventId)}`;
  const batchEvents = groupBy(await readAiBatchEvents(client, requests, events, floor), keyOf);
  const llmEvents = groupBy(await readLlmEvents(client, requests, floor), keyOf);
  return [...batchEvents].flatMap(([key, of]) => aiBatchJob(of, llmEvents.get(key) ?? []) ?? []);
}

async function readByocJobs(client: ClientBase, marks: readonly JobMark[], floor: Date): Promise<Job[]> {
  const own = distinctMarks(marks.filter(({ kind }) => kind === 'byoc'));
  if (own.length === 0) return [];
  const completed = await readByocEvents(client, own, floor);
  const keyOf = (org: string, eventId: string): string => `${org}\u001f${eventId}`;
  const workers = groupBy(await readWorkers(client, completed, floor), ({ org, jobEventId }) => keyOf(org, jobEventId));
  return completed.map((event) => byocJob(event, workers.get(keyOf(event.org, event.eventId)) ?? []));
}

function distinctMarks(marks: readonly JobMark[]): JobMark[] {
  return [...new Map(marks.map((mark) => [markKey(mark), mark])).values()];
}

function markKey({ org, kind, requestId, eventId }: JobMark): string {
  return `${org}\u001f${kind}\u001f${jobKey(kind, requestId, eventId)}`;
}
