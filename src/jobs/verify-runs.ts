import { runsOf, type SightedRun } from '../domain/capability-runs.js';
import { createNamedComparison, NAMED_OPEN_RUNS } from '../warehouse/readers/named-rows.js';
import { keyText, streamSightings } from '../warehouse/readers/sighting-stream.js';
import { readMarkedSightingKeys, type SightingKey } from '../warehouse/stores/sighting-mark-store.js';
import type { VerifiedPart, VerifyPart } from './verify-part.js';

/**
 * Recounts the capability runs of every key with a sighting or a run in a span from its sightings, and reports every
 * stored run that differs. Runs that ended before the raw floor are final and stand for their sightings. Counted are keys;
 * those with a waiting mark are left out.
 */
export async function verifyRuns({ reader, stream, span, report, signal }: VerifyPart): Promise<VerifiedPart> {
  const compare = await createNamedComparison(reader, NAMED_OPEN_RUNS);
  const waiting = new Set((await readMarkedSightingKeys(reader)).map(keyText));
  let [count, waitingCount] = [0, 0];
  for await (const all of streamSightings(stream, span)) {
    if (signal?.aborted) break;
    const settled = all.filter(({ key }) => !waiting.has(keyText(key)));
    count += settled.length;
    waitingCount += all.length - settled.length;
    report(
      await compare(
        settled.map(({ key }) => key),
        settled.flatMap(({ key, sightings }) => runsOf(sightings).map((run) => rowOf(key, run))),
      ),
    );
  }
  return { count, waitingCount, failedCount: 0 };
}

function rowOf(key: SightingKey, { firstAtMs, lastAtMs, nextAtMs, ...rest }: SightedRun): object {
  const nextAt = nextAtMs === null ? null : new Date(nextAtMs);
  return { ...key, firstAt: new Date(firstAtMs), lastAt: new Date(lastAtMs), nextAt, ...rest };
}
