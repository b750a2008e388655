import type { ClientBase, Pool } from 'pg';
import { buildCapabilityIndex, type CapabilityIndex } from '../domain/capability-index.js';
import type { DiscoveryEvent } from '../domain/discovery.js';
import type { Log } from '../log.js';
import { writeAccepted } from '../warehouse/accepted-write.js';
import { withTransaction } from '../warehouse/pool.js';
import { createCapabilityReader } from '../warehouse/readers/capability-reader.js';
import { type DiscoveryName, readDiscoveryEvents } from '../warehouse/readers/discovery-event-reader.js';
import {
  newestDiscoveryMark,
  setDiscoveryMarks,
  takeDiscoveryMarks,
} from '../warehouse/stores/discovery-mark-store.js';
import { createDiscoveryStore } from '../warehouse/stores/discovery-store.js';
import { createGrainStore } from '../warehouse/stores/grain-store.js';
import { LOCK, sharesMode } from './advisory-locks.js';
import type { AfterSessionsDrain } from './after-sessions.js';
import { leftDiscoveries, messageKey, resolveEachDiscovery } from './discovery-resolution.js';
import type { ResolvePolicy } from './session-batch.js';

export interface DiscoveryResolverOptions {
  /** Connections of naap_worker, or of the owner. */
  readonly pool: Pool;
  /** Configuration as it stands when a batch begins. */
  readPolicy(client: ClientBase): Promise<ResolvePolicy>;
  /** Messages that one transaction takes at most; each may name a hundred orchestrators. */
  readonly batchMarks?: number;
  readonly log: Log;
}

export interface DiscoveryResolver {
  /**
   * Resolves the messages that are marked when it begins; answers how many could not be. Those keep their mark for the
   * next drain and hold up no other.
   */
  drain(options: AfterSessionsDrain): Promise<number>;
}

const DEFAULT_BATCH_MARKS = 200;
const OWN_DISCOVERIES = 'select pg_advisory_xact_lock($1, 0)';
const SHARE_RUNS = 'select pg_advisory_xact_lock_shared($1, 0)';
const MARK_BUCKETS = {
  name: 'discovery-resolver/mark-buckets',
  text: `select work.mark_buckets('discovery', $1)`,
};

/**
 * Discovery messages to rows of `core.discovery` [domain 4.3]. Like session batches it shares the capability runs, so
 * that a sighting finds every message that was resolved without it.
 */
export async function createDiscoveryResolver(options: DiscoveryResolverOptions): Promise<DiscoveryResolver> {
  const { pool, readPolicy, batchMarks = DEFAULT_BATCH_MARKS, log } = options;
  const grains = await createGrainStore(pool);
  const store = await createDiscoveryStore(pool);
  const capabilityReader = createCapabilityReader();

  /** Answers how many messages it took, and how many of them it left. */
  async function resolveBatch(client: ClientBase, upTo: string): Promise<{ taken: number; left: number }> {
    if (!(await sharesMode(client))) return { taken: 0, left: 0 };
    await client.query(OWN_DISCOVERIES, [LOCK.discoveries]);
    await client.query(SHARE_RUNS, [LOCK.capabilityRuns]);
    const marks = await takeDiscoveryMarks(client, { upTo, limit: batchMarks });
    const policy = await readPolicy(client);
    const floor = new Date(policy.rawFloorMs);
    const events = await readDiscoveryEvents(client, marks, floor);
    const capabilities = await readCapabilities(client, events);
    const { resolutions, refused } = resolveEachDiscovery(events, capabilities, policy);
    const written = await writeAccepted(client, resolutions, async (accepted) => {
      const names = accepted.map(({ event: { org, eventId, eventAtMs } }) => ({
        org,
        eventId,
        eventAt: new Date(eventAtMs),
      }));
      const buckets = await store.write(
        client,
        names,
        accepted.flatMap(({ rows }) => rows),
      );
      await grains.add(
        client,
        accepted.flatMap((one) => one.grains),
      );
      return buckets;
    });
    const unwritten = written.refused.map(({ item, error }) => ({ item: item.event, error }));
    const left = leftDiscoveries([...refused, ...unwritten], log);
    await setDiscoveryMarks(client, left);
    const buckets = [...written.results.flat(), ...(await removeEventless(client, marks, events, floor))];
    if (buckets.length > 0) await client.query({ ...MARK_BUCKETS, values: [buckets] });
    return { taken: marks.length, left: left.length };
  }

  /** Removes what is stored of marked messages that are not there, though they would be. */
  async function removeEventless(
    client: ClientBase,
    marks: readonly DiscoveryName[],
    events: readonly DiscoveryEvent[],
    floor: Date,
  ): Promise<readonly Date[]> {
    const there = new Set(events.map((event) => `${messageKey(event)} ${event.eventAtMs}`));
    const isThere = (mark: DiscoveryName): boolean => there.has(`${messageKey(mark)} ${mark.eventAt.getTime()}`);
    return store.write(
      client,
      marks.filter((mark) => mark.eventAt >= floor && !isThere(mark)),
      [],
    );
  }

  async function readCapabilities(client: ClientBase, events: readonly DiscoveryEvent[]): Promise<CapabilityIndex> {
    const shown = new Map<string, { readonly org: string; readonly identity: string }>();
    for (const { org, orchUrls, orchAddresses } of events) {
      for (const identity of [...orchUrls, ...orchAddresses]) {
        if (identity !== '') shown.set(`${org}\u001f${identity}`, { org, identity });
      }
    }
    return buildCapabilityIndex(await capabilityReader.readRuns(client, [...shown.values()]));
  }

  return {
    async drain({ signal, batchLimit = Number.POSITIVE_INFINITY }) {
      const upTo = await newestDiscoveryMark(pool);
      let leftCount = 0;
      for (let batches = 0; upTo !== null && batches < batchLimit && !signal?.aborted; batches += 1) {
        const { taken, left } = await withTransaction(pool, (client) => resolveBatch(client, upTo));
        if (taken === 0) break;
        leftCount += left;
      }
      return leftCount;
    },
  };
}
