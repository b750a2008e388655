import type { ClientBase } from 'pg';
import type { CapabilityIndex } from '../domain/capability-index.js';
import { writeAccepted } from '../warehouse/accepted-write.js';
import { NAMED_JOBS } from '../warehouse/readers/named-rows.js';
import { readTableShape } from '../warehouse/rows.js';
import { createGrainStore } from '../warehouse/stores/grain-store.js';
import { markOfName, nameOfMark, setJobMarks, streamJobNames } from '../warehouse/stores/job-mark-store.js';
import { readFrozenJobs } from '../warehouse/stores/job-store.js';
import { rowCopier } from '../warehouse/writers/copy-rows.js';
import { createJobDecisionWriter } from '../warehouse/writers/job-decision-writer.js';
import { markOf, readJobs, resolveEach } from './job-resolution.js';
import type { RebuildPartOptions } from './rebuild-payments.js';
import { putBack, readBucketStarts, union } from './rebuild-tables.js';
import type { ResolvePolicy } from './session-batch.js';

const FAR_FUTURE = new Date('2200-01-01T00:00:00Z');
const REMOVE = 'delete from core.job where org = $1 and kind = $2 and job_key = $3 and bucket_start >= $4';
const MARK_BUCKETS = `select work.mark_buckets('job', $1)`;

/**
 * Makes `core.job` anew, in the transaction of a rebuild whose capability runs are written, but for jobs that began before
 * the raw floor. Answers how many could not be resolved: they stay as they were, and are marked.
 */
export async function rebuildJobs(
  client: ClientBase,
  {
    reader,
    rawFloor,
    capabilities,
    policy,
    decidedAt,
    log,
  }: RebuildPartOptions & {
    readonly capabilities: CapabilityIndex;
    readonly policy: ResolvePolicy;
    readonly decidedAt: Date;
  },
): Promise<number> {
  const grains = await createGrainStore(client);
  const decisions = await createJobDecisionWriter(client);
  const table = rowCopier(await readTableShape(client, 'core.job'), 'core.job');
  const before = await readBucketStarts(client, 'core.job');
  await client.query('delete from core.job where bucket_start >= $1', [rawFloor]);
  let leftCount = 0;
  for await (const names of streamJobNames(client, { from: rawFloor, to: FAR_FUTURE })) {
    const isFrozen = await readFrozenJobs(client, names, rawFloor);
    const jobs = await readJobs(
      client,
      names.filter((name) => !isFrozen(name)),
      rawFloor,
    );
    const { resolutions, refused } = resolveEach(jobs, capabilities, policy);
    const written = await writeAccepted(client, resolutions, async (accepted) => {
      const resolved = accepted.map((one) => one.resolved);
      await table.copy(
        client,
        resolved.map(({ row }) => row),
      );
      await decisions.add(resolved.flatMap(({ decision }) => decision ?? []));
      await grains.add(
        client,
        resolved.map(({ grain }) => grain),
      );
    });
    const all = [...refused, ...written.refused.map(({ item: { job }, error }) => ({ item: job, error }))];
    const left = all.map(({ item }) => markOf(item));
    for (const [index, { error }] of all.entries()) {
      log.error({ err: error, ...left[index] }, 'job left with its mark: it could not be resolved');
    }
    await putBack(reader, client, NAMED_JOBS, left.map(nameOfMark));
    await decisions.keep(left.map(nameOfMark));
    await setJobMarks(client, left);
    leftCount += left.length;
  }
  for (const { item, error } of await decisions.replace({ floor: rawFloor, decidedAt })) {
    const mark = markOfName(item);
    log.error({ err: error, ...mark }, 'job left with its mark: it could not be resolved');
    await client.query(REMOVE, [item.org, item.kind, item.jobKey, rawFloor]);
    await putBack(reader, client, NAMED_JOBS, [item]);
    await setJobMarks(client, [mark]);
    leftCount += 1;
  }
  const after = await readBucketStarts(client, 'core.job');
  await client.query(MARK_BUCKETS, [union(before, after)]);
  return leftCount;
}
