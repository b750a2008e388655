import type { CapabilityIndex } from '../domain/capability-index.js';
import { withFollowers } from '../warehouse/readers/message-reader.js';
import { createNamedComparison, namedMessages } from '../warehouse/readers/named-rows.js';
import { readWaitingMessages, streamMessageNames } from '../warehouse/stores/message-mark-store.js';
import { messageKey, resolveEachMessage } from './message-resolution.js';
import type { MessageSource } from './message-sources.js';
import type { VerifiedPart, VerifyPart } from './verify-part.js';

/**
 * Resolves the messages of one kind in a span anew, by the capability runs as they are stored, and reports every stored
 * row that differs, is missing or is no message's. Messages with waiting marks are left out, and those that
 * follow from one.
 */
export async function verifyMessages(
  { tables, read }: MessageSource,
  { reader, stream, span, policy, report, signal, log }: VerifyPart,
  capabilities: CapabilityIndex,
): Promise<VerifiedPart> {
  const { from, to, rawFloor } = span;
  const { kind } = tables;
  const compareRows = await createNamedComparison(reader, namedMessages(tables));
  const names = await readWaitingMessages(reader, tables);
  const waiting = new Set((await withFollowers(reader, tables, { names, floor: rawFloor })).map(messageKey));
  let [count, waitingCount, failedCount] = [0, 0, 0];
  for await (const all of streamMessageNames(stream, tables, { from, to })) {
    if (signal?.aborted) break;
    const settled = all.filter((name) => !waiting.has(messageKey(name)));
    waitingCount += all.length - settled.length;
    const messages = await read(reader, settled, rawFloor);
    const { resolutions, refused } = resolveEachMessage(messages, capabilities, policy);
    for (const { item, error } of refused) {
      const { org, eventId } = item.event;
      log.error({ err: error, kind, org, event: eventId }, 'message could not be recomputed');
    }
    const failed = new Set(refused.map(({ item }) => messageKey(item.event)));
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
