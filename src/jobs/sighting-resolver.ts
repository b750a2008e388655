import type { ClientBase, Pool } from 'pg';
import type { Log } from '../log.js';
import { writeAccepted } from '../warehouse/accepted-write.js';
import { withTransaction } from '../warehouse/pool.js';
import { readConcernedSessions } from '../warehouse/readers/concerned-session-reader.js';
import { keyText } from '../warehouse/readers/sighting-stream.js';
import {
  type CapabilityReadingStore,
  createCapabilityReadingStore,
} from '../warehouse/stores/capability-reading-store.js';
import { recomputeRuns } from '../warehouse/stores/capability-run-store.js';
import { markJobsOfSightings } from '../warehouse/stores/job-mark-store.js';
import { markMessagesOfSightings } from '../warehouse/stores/message-mark-store.js';
import { markForReattribution } from '../warehouse/stores/session-mark-store.js';
import {
  type MarkedSightings,
  type SightingKey,
  setSightingMarks,
  takeSightingMarks,
} from '../warehouse/stores/sighting-mark-store.js';
import { LOCK, sharesMode } from './advisory-locks.js';
import { DEFAULT_LEFT_LIMIT } from './left-limit.js';
import { tellUnread } from './unread-contents.js';

/** Keys whose sightings a drain could not work in: each is tried once. */
export type LeftKeys = Map<string, SightingKey>;

export interface SightingResolver {
  /** Works in the oldest marked sightings; answers how many marks it took, `busy` while everything is rebuilt. */
  resolve(left: LeftKeys): Promise<number | 'busy'>;
}

const SIGHTING_MARKS = 5_000;
const OWN_RUNS = 'select pg_advisory_xact_lock($1, 0)';
const HAS_SIGHTINGS = 'select exists (select from work.sighting_mark) as has_marks';

/** New sightings to capability runs and readings [FACT-001], and marks for everything that they can change. */
export async function createSightingResolver(options: {
  readonly pool: Pool;
  publicGpuId(uuid: string): string;
  readonly log: Log;
}): Promise<SightingResolver> {
  const { pool, publicGpuId, log } = options;
  const readings = await createCapabilityReadingStore(pool, publicGpuId);
  let hasCaughtUp = false;

  async function resolveBatch(client: ClientBase, left: LeftKeys): Promise<number> {
    const marked = await takeSightingMarks(client, SIGHTING_MARKS, [...left.values()]);
    const { refused } = await writeAccepted(client, marked, (accepted) => workIn(client, accepted, readings));
    for (const { item, error } of refused) {
      const { org, address, uri } = item;
      left.set(keyText(item), item);
      log.error({ err: error, org, address, uri }, 'sightings left with their marks: they could not be worked in');
    }
    await setSightingMarks(
      client,
      refused.map(({ item }) => item),
    );
    return marked.reduce((sum, { markCount }) => sum + markCount, 0);
  }

  return {
    async resolve(left) {
      const { rows } = await pool.query<{ has_marks: boolean }>(HAS_SIGHTINGS);
      if (rows[0]?.has_marks !== true && hasCaughtUp) return 0;
      if (left.size >= DEFAULT_LEFT_LIMIT) return 0;
      return withTransaction(pool, async (client) => {
        if (!(await sharesMode(client))) return 'busy';
        await client.query(OWN_RUNS, [LOCK.capabilityRuns]);
        const count = await resolveBatch(client, left);
        if (count === 0 && !hasCaughtUp) {
          // Once per process: contents without a mark that an older release stored, or read by other rules.
          tellUnread(await readings.catchUp(client), log);
          hasCaughtUp = true;
        }
        return count;
      });
    },
  };
}

/**
 * Recomputes the runs that new sightings touch and marks what they can change. The caller owns the runs' lock.
 *
 * Session batches share the lock, so none is under way that has read the old runs and not yet written its session:
 * every session that must be judged again is there to be found.
 */
async function workIn(
  client: ClientBase,
  marked: readonly MarkedSightings[],
  readings: CapabilityReadingStore,
): Promise<void> {
  await recomputeRuns(client, marked);
  await markJobsOfSightings(client, marked);
  await markMessagesOfSightings(client, marked);
  await readings.addSightings(client, marked);
  await markForReattribution(client, await readConcernedSessions(client, marked));
}
