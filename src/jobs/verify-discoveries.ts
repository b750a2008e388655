import type { CapabilityIndex } from '../domain/capability-index.js';
import { readDiscoveryEvents } from '../warehouse/readers/discovery-event-reader.js';
import { createNamedComparison, NAMED_DISCOVERIES } from '../warehouse/readers/named-rows.js';
import { readWaitingDiscoveries, streamDiscoveryNames } from '../warehouse/stores/discovery-mark-store.js';
import { messageKey, resolveEachDiscovery } from './discovery-resolution.js';
import type { VerifiedPart, VerifyPart } from './verify-part.js';

/**
 * Resolves the discovery messages of a span anew, by the capability runs as they are stored, and reports every stored
 * find that differs, is missing or is no message's. Messages with waiting marks are left out.
 */
export async function verifyDiscoveries(
  { reader, stream, span, policy, report, signal, log }: VerifyPart,
  capabilities: CapabilityIndex,
): Promise<VerifiedPart> {
  const { from, to, rawFloor } = span;
  const compareRows = await createNamedComparison(reader, NAMED_DISCOVERIES);
  const waiting = new Set((await readWaitingDiscoveries(reader)).map(messageKey));
  let [count, waitingCount, failedCount] = [0, 0, 0];
  for await (const all of streamDiscoveryNames(stream, { from, to })) {
    if (signal?.aborted) break;
    const settled = all.filter((name) => !waiting.has(messageKey(name)));
    waitingCount += all.length - settled.length;
    const events = await readDiscoveryEvents(reader, settled, rawFloor);
    const { resolutions, refused } = resolveEachDiscovery(events, capabilities, policy);
    for (const { item, error } of refused) {
      log.error({ err: error, org: item.org, event: item.eventId }, 'discovery could not be recomputed');
    }
    const failed = new Set(refused.map(({ item }) => messageKey(item)));
    count += resolutions.length;
    failedCount += refused.length;
    report(
      await compareRows(
        settled.filter((name) => !failed.has(messageKey(name))),
        resolutions.flatMap(({ rows }) => rows),
      ),
    );
  }
  return { count, waitingCount, failedCount };
}
