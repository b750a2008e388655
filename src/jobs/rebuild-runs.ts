import type { ClientBase } from 'pg';
import { runsOf } from '../domain/capability-runs.js';
import { writeAccepted } from '../warehouse/accepted-write.js';
import { NAMED_OPEN_RUNS } from '../warehouse/readers/named-rows.js';
import { type KeySightings, streamSightings } from '../warehouse/readers/sighting-stream.js';
import { insertRuns, removeOpenRuns } from '../warehouse/stores/capability-run-store.js';
import { type SightingSpan, setSightingMarks } from '../warehouse/stores/sighting-mark-store.js';
import type { RebuildPartOptions } from './rebuild-payments.js';
import { putBack } from './rebuild-tables.js';

/**
 * Recomputes every capability run of every key but those that are final, holding the sightings of one key at a time, in
 * the transaction of a rebuild. Answers how many keys the database refused: their runs stay as they were, and they are
 * marked.
 */
export async function rebuildRuns(
  client: ClientBase,
  { reader, log }: Pick<RebuildPartOptions, 'reader' | 'log'>,
): Promise<number> {
  await removeOpenRuns(client);
  let leftCount = 0;
  for await (const keys of streamSightings(client)) {
    const { refused } = await writeAccepted(client, keys, (accepted) =>
      insertRuns(
        client,
        accepted.map(({ key, sightings }) => ({ key, runs: runsOf(sightings) })),
      ),
    );
    for (const { item, error } of refused) {
      log.error({ err: error, ...item.key }, 'sightings left with their marks: they could not be worked in');
    }
    const left = refused.map(({ item }) => item);
    await putBack(
      reader,
      client,
      NAMED_OPEN_RUNS,
      left.map(({ key }) => key),
    );
    await setSightingMarks(client, left.flatMap(spanOf));
    leftCount += left.length;
  }
  return leftCount;
}

function spanOf({ key, sightings }: KeySightings): SightingSpan[] {
  const [first, last] = [sightings[0], sightings.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [{ ...key, firstAt: new Date(first.observedAtMs), lastAt: new Date(last.observedAtMs) }];
}
