import type { CapabilityIndex } from '../domain/capability-index.js';
import { resolveDiscovery } from '../domain/discovery.js';
import { readDiscoveryEvents } from '../warehouse/readers/discovery-event-reader.js';
import { createNamedComparison, NAMED_DISCOVERIES } from '../warehouse/readers/named-rows.js';
import { readWaitingDiscoveries, streamDiscoveryNames } from '../warehouse/stores/discovery-mark-store.js';
import type { VerifiedPart, VerifyPart } from './verify-part.js';

/**
 * Resolves the discovery messages of a span anew, by the capability runs as they are stored, and reports every stored
 * find that differs, is missing or is no message's. Messages with waiting marks are left out.
 */
export async function verifyDiscoveries(
  { reader, stream, span, policy, report, signal }: VerifyPart,
  capabilities: CapabilityIndex,
): Promise<VerifiedPart> {
  const { from, to, rawFloor } = span;
  const compareRows = await createNamedComparison(reader, NAMED_DISCOVERIES);
  const keyOf = ({ org, eventId }: { readonly org: string; readonly eventId: string }) => `${org}\u001f${eventId}`;
  const waiting = new Set((await readWaitingDiscoveries(reader)).map(keyOf));
  let [count, waitingCount] = [0, 0];
  for await (const all of streamDiscoveryNames(stream, { from, to })) {
    if (signal?.aborted) break;
    const settled = all.filter((name) => !waiting.has(keyOf(name)));
    waitingCount += all.length - settled.length;
    const events = await readDiscoveryEvents(reader, settled, rawFloor);
    const rows = events.flatMap(
      (event) => resolveDiscovery(event, { capabilities: capabilities.ofOrg(event.org), naming: policy.naming }).rows,
    );
    count += events.length;
    report(await compareRows(settled, rows));
  }
  return { count, waitingCount, failedCount: 0 };
}
