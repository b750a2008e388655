import type { ClientBase } from 'pg';
import type { CapabilityIndex } from '../domain/capability-index.js';
import { writeAccepted } from '../warehouse/accepted-write.js';
import { namedMessages } from '../warehouse/readers/named-rows.js';
import { readTableShape } from '../warehouse/rows.js';
import { createGrainStore } from '../warehouse/stores/grain-store.js';
import { setMessageMarks } from '../warehouse/stores/message-mark-store.js';
import { rowCopier } from '../warehouse/writers/copy-rows.js';
import { leftMessages, resolveEachMessage } from './message-resolution.js';
import { MESSAGE_SOURCES, type MessageSource } from './message-sources.js';
import type { RebuildPartOptions } from './rebuild-payments.js';
import { putBack, readBucketStarts, union } from './rebuild-tables.js';
import type { ResolvePolicy } from './session-batch.js';

interface RebuildMessagesOptions extends RebuildPartOptions {
  readonly capabilities: CapabilityIndex;
  readonly policy: ResolvePolicy;
}

const MARK_BUCKETS = 'select work.mark_buckets($1, $2)';

/**
 * Makes the rows of every kind of message anew, in the transaction of a rebuild whose capability runs are written, but
 * for messages from before the raw floor. Answers how many messages could not be resolved: their rows stay as they were,
 * and they are marked.
 */
export async function rebuildMessages(client: ClientBase, options: RebuildMessagesOptions): Promise<number> {
  let leftCount = 0;
  for (const source of MESSAGE_SOURCES) leftCount += await rebuildKind(client, source, options);
  return leftCount;
}

async function rebuildKind(
  client: ClientBase,
  source: MessageSource,
  { reader, rawFloor, capabilities, policy, log }: RebuildMessagesOptions,
): Promise<number> {
  const { kind, core, at } = source.tables;
  const grains = await createGrainStore(client);
  const table = rowCopier(await readTableShape(client, core), core);
  const before = await readBucketStarts(client, core);
  await client.query(`delete from ${core} where ${at} >= $1`, [rawFloor]);
  let leftCount = 0;
  for await (const messages of source.stream(client, rawFloor)) {
    const { resolutions, refused } = resolveEachMessage(messages, capabilities, policy);
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
    const unwritten = written.refused.map(({ item, error }) => ({ item: item.message, error }));
    const left = leftMessages([...refused, ...unwritten], kind, log);
    await putBack(reader, client, namedMessages(source.tables), left);
    await setMessageMarks(client, kind, left);
    leftCount += left.length;
  }
  const after = await readBucketStarts(client, core);
  await client.query(MARK_BUCKETS, [kind, union(before, after)]);
  return leftCount;
}
