import type { CapabilityIndex } from '../domain/capability-index.js';
import { createNamedComparison, NAMED_JOB_DECISIONS, NAMED_JOBS } from '../warehouse/readers/named-rows.js';
import { nameOfMark, readWaitingJobs, streamJobNames } from '../warehouse/stores/job-mark-store.js';
import { readFrozenJobs } from '../warehouse/stores/job-store.js';
import { markKey, markOf, readJobs, resolveEach } from './job-resolution.js';
import type { VerifiedPart, VerifyPart } from './verify-part.js';

/**
 * Resolves the jobs that completed in a span anew, by the capability runs as they are stored, and reports every stored
 * row and decision in force that differs. Jobs with waiting marks are left out, and those begun before the raw floor.
 */
export async function verifyJobs(
  { reader, stream, span, policy, report, signal, log }: VerifyPart,
  capabilities: CapabilityIndex,
): Promise<VerifiedPart> {
  const { from, to, rawFloor } = span;
  const compareRows = await createNamedComparison(reader, NAMED_JOBS);
  const compareDecisions = await createNamedComparison(reader, NAMED_JOB_DECISIONS);
  const waiting = new Set((await readWaitingJobs(reader)).map(markKey));
  let [count, waitingCount, failedCount] = [0, 0, 0];
  for await (const all of streamJobNames(stream, { from, to, hasStored: true })) {
    if (signal?.aborted) break;
    const isFrozen = await readFrozenJobs(reader, all, rawFloor);
    const own = all.filter((name) => !isFrozen(name));
    const settled = own.filter((name) => !waiting.has(markKey(name)));
    waitingCount += own.length - settled.length;
    const { resolutions, refused } = resolveEach(await readJobs(reader, settled, rawFloor), capabilities, policy);
    for (const { item, error } of refused) log.error({ err: error, ...markOf(item) }, 'job could not be recomputed');
    const failed = new Set(refused.map(({ item }) => markKey(markOf(item))));
    const names = settled.filter((name) => !failed.has(markKey(name))).map(nameOfMark);
    const resolved = resolutions.map((one) => one.resolved);
    count += resolved.length;
    failedCount += refused.length;
    report(
      await compareRows(
        names,
        resolved.map(({ row }) => row),
      ),
    );
    report(
      await compareDecisions(
        names,
        resolved.flatMap(({ decision }) => decision ?? []),
      ),
    );
  }
  return { count, waitingCount, failedCount };
}
