import type { ClientBase, Pool } from 'pg';
import { buildCapabilityIndex, type CapabilityIndex } from '../domain/capability-index.js';
import { MESSAGE_KINDS } from '../domain/message.js';
import type { Log } from '../log.js';
import { writeAccepted } from '../warehouse/accepted-write.js';
import { withTransaction } from '../warehouse/pool.js';
import { createCapabilityReader } from '../warehouse/readers/capability-reader.js';
import { type MessageName, messageName, withFollowers } from '../warehouse/readers/message-reader.js';
import { createGrainStore } from '../warehouse/stores/grain-store.js';
import { newestMessageMark, setMessageMarks, takeMessageMarks } from '../warehouse/stores/message-mark-store.js';
import { createMessageStore } from '../warehouse/stores/message-store.js';
import { LOCK, sharesMode } from './advisory-locks.js';
import type { AfterSessionsDrain } from './after-sessions.js';
import { leftMessages, messageKey, resolveEachMessage } from './message-resolution.js';
import type { Message, MessageSource } from './message-sources.js';
import type { ResolvePolicy } from './session-batch.js';
import { TRANSACTION_SETTINGS } from './transaction-settings.js';

export interface MessageResolverOptions {
  /** Connections of naap_worker, or of the owner. */
  readonly pool: Pool;
  /** Configuration as it stands when a batch begins. */
  readPolicy(client: ClientBase): Promise<ResolvePolicy>;
  /** Messages that one transaction takes at most; each may name a hundred orchestrators. */
  readonly batchMarks?: number;
  readonly log: Log;
}

export interface MessageResolver {
  /**
   * Resolves the messages of its kind that are marked when it begins; answers how many could not be. Those keep their
   * mark for the next drain and hold up no other.
   */
  drain(options: AfterSessionsDrain): Promise<number>;
}

const DEFAULT_BATCH_MARKS = 200;
const OWN_KIND = 'select pg_advisory_xact_lock($1, $2)';
const SHARE_RUNS = 'select pg_advisory_xact_lock_shared($1, 0)';
const MARK_BUCKETS = {
  name: 'message-resolver/mark-buckets',
  text: 'select work.mark_buckets($1, $2)',
};

/**
 * Messages of one kind to its rows of `core` [domain 4.2, 4.3]. Like session batches it shares the capability runs, so
 * that a sighting finds every message that was resolved without it.
 */
export async function createMessageResolver(
  source: MessageSource,
  { pool, readPolicy, batchMarks = DEFAULT_BATCH_MARKS, log }: MessageResolverOptions,
): Promise<MessageResolver> {
  const { tables } = source;
  const { kind } = tables;
  const grains = await createGrainStore(pool);
  const store = await createMessageStore(pool, tables);
  const capabilityReader = createCapabilityReader();

  /** Answers how many messages it took, and how many of them it left. */
  async function resolveBatch(client: ClientBase, upTo: string): Promise<{ taken: number; left: number }> {
    if (!(await sharesMode(client))) return { taken: 0, left: 0 };
    await client.query(OWN_KIND, [LOCK.messages, MESSAGE_KINDS.indexOf(kind)]);
    await client.query(SHARE_RUNS, [LOCK.capabilityRuns]);
    await client.query(TRANSACTION_SETTINGS);
    const marks = await takeMessageMarks(client, kind, { upTo, limit: batchMarks });
    const policy = await readPolicy(client);
    const floor = new Date(policy.rawFloorMs);
    const names = await withFollowers(client, tables, { names: marks, floor });
    const messages = await source.read(client, names, floor);
    const capabilities = await readCapabilities(client, messages);
    const { resolutions, refused } = resolveEachMessage(messages, capabilities, policy);
    const written = await writeAccepted(client, resolutions, async (accepted) => {
      const buckets = await store.write(
        client,
        accepted.map(({ message }) => messageName(message.event)),
        accepted.flatMap(({ rows }) => rows),
      );
      await grains.add(
        client,
        accepted.flatMap((one) => one.grains),
      );
      return buckets;
    });
    const unwritten = written.refused.map(({ item, error }) => ({ item: item.message, error }));
    const left = leftMessages([...refused, ...unwritten], kind, log);
    await setMessageMarks(client, kind, left);
    const buckets = [...written.results.flat(), ...(await removeEventless(client, { marks, messages, floor }))];
    if (buckets.length > 0) await client.query({ ...MARK_BUCKETS, values: [kind, buckets] });
    return { taken: marks.length, left: left.length };
  }

  /** Removes what is stored of marked messages that are not there, though they would be. */
  async function removeEventless(
    client: ClientBase,
    {
      marks,
      messages,
      floor,
    }: { readonly marks: readonly MessageName[]; readonly messages: readonly Message[]; readonly floor: Date },
  ): Promise<readonly Date[]> {
    const there = new Set(messages.map(({ event }) => `${messageKey(event)} ${event.eventAtMs}`));
    const isThere = (mark: MessageName): boolean => there.has(`${messageKey(mark)} ${mark.eventAt.getTime()}`);
    return store.write(
      client,
      marks.filter((mark) => mark.eventAt >= floor && !isThere(mark)),
      [],
    );
  }

  async function readCapabilities(client: ClientBase, messages: readonly Message[]): Promise<CapabilityIndex> {
    const shown = new Map<string, { readonly org: string; readonly identity: string }>();
    for (const { event, identities } of messages) {
      for (const identity of identities) shown.set(`${event.org}\u001f${identity}`, { org: event.org, identity });
    }
    return buildCapabilityIndex(await capabilityReader.readRuns(client, [...shown.values()]));
  }

  return {
    async drain({ signal, batchLimit = Number.POSITIVE_INFINITY }) {
      const upTo = await newestMessageMark(pool, kind);
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
