import type { ClientBase } from 'pg';
import type { CapabilityIndex } from '../domain/capability-index.js';
import { writeAccepted } from '../warehouse/accepted-write.js';
import { streamDiscoveryEvents } from '../warehouse/readers/discovery-event-reader.js';
import { NAMED_DISCOVERIES } from '../warehouse/readers/named-rows.js';
import { readTableShape } from '../warehouse/rows.js';
import { setDiscoveryMarks } from '../warehouse/stores/discovery-mark-store.js';
import { createGrainStore } from '../warehouse/stores/grain-store.js';
import { rowCopier } from '../warehouse/writers/copy-rows.js';
import { leftDiscoveries, resolveEachDiscovery } from './discovery-resolution.js';
import type { RebuildPartOptions } from './rebuild-payments.js';
import { putBack, readBucketStarts, union } from './rebuild-tables.js';
import type { ResolvePolicy } from './session-batch.js';

const MARK_BUCKETS = `select work.mark_buckets('discovery', $1)`;

/**
 * Makes `core.discovery` anew, in the transaction of a rebuild whose capability runs are written, but for messages from
 * before the raw floor. Answers how many messages could not be resolved: their finds stay as they were, and they are
 * marked.
 */
export async function rebuildDiscoveries(
  client: ClientBase,
  {
    reader,
    rawFloor,
    capabilities,
    policy,
    log,
  }: RebuildPartOptions & { readonly capabilities: CapabilityIndex; readonly policy: ResolvePolicy },
): Promise<number> {
  const grains = await createGrainStore(client);
  const table = rowCopier(await readTableShape(client, 'core.discovery'), 'core.discovery');
  const before = await readBucketStarts(client, 'core.discovery');
  await client.query('delete from core.discovery where discovered_at >= $1', [rawFloor]);
  let leftCount = 0;
  for await (const events of streamDiscoveryEvents(client, rawFloor)) {
    const { resolutions, refused } = resolveEachDiscovery(events, capabilities, policy);
    const written = await writeAccepted(client, resolutions, async (accepted) => {
      await table.copy(
        client,
        accepted.flatMap(({ rows }) => rows),
      );
      await grains.add(
        client,
        accepted.flatMap((one) => one.grains),
      );
    });
    const unwritten = written.refused.map(({ item, error }) => ({ item: item.event, error }));
    const left = leftDiscoveries([...refused, ...unwritten], log);
    await putBack(reader, client, NAMED_DISCOVERIES, left);
    await setDiscoveryMarks(client, left);
    leftCount += left.length;
  }
  const after = await readBucketStarts(client, 'core.discovery');
  await client.query(MARK_BUCKETS, [union(before, after)]);
  return leftCount;
}
