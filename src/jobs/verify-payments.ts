import { createNamedComparison, NAMED_PAYMENTS } from '../warehouse/readers/named-rows.js';
import { streamEventlessPayments, streamPayments } from '../warehouse/readers/payment-stream.js';
import { readWaitingChains } from '../warehouse/stores/payment-mark-store.js';
import { chainKey } from './chain-spans.js';
import { rowEach } from './payment-rows.js';
import { nameOf } from './rebuild-payments.js';
import { createStreamLinker } from './stream-linker.js';
import type { VerifiedPart, VerifyPart } from './verify-part.js';

/**
 * Links the payments of a span anew, by the sessions as they are stored, and reports every stored row that differs.
 * Chains with a waiting mark are left out whole: what it moves, others follow.
 */
export async function verifyPayments({
  reader,
  stream,
  span,
  policy,
  report,
  signal,
  log,
}: VerifyPart): Promise<VerifiedPart> {
  const { from, to, rawFloor } = span;
  const compare = await createNamedComparison(reader, NAMED_PAYMENTS);
  const waiting = new Set((await readWaitingChains(reader)).map(chainKey));
  const link = createStreamLinker(policy.naming);
  let [count, waitingCount, failedCount] = [0, 0, 0];
  for await (const payments of streamPayments(stream, { rawFloor, within: { from, to } })) {
    if (signal?.aborted) break;
    const isIn = ({ paidAt }: { readonly paidAt: Date }): boolean => paidAt >= from && paidAt < to;
    const linked = rowEach(payments, link);
    const rows = linked.rows.map(({ row }) => row).filter(isIn);
    for (const { item, error } of linked.refused.filter(({ item }) => isIn(item))) {
      failedCount += 1;
      log.error({ err: error, org: item.org, eventId: item.eventId }, 'payment could not be recomputed');
    }
    const settled = rows.filter((row) => !waiting.has(chainKey(row)));
    count += settled.length;
    waitingCount += rows.length - settled.length;
    report(await compare(settled.map(nameOf), settled));
  }
  if (!signal?.aborted) {
    for await (const names of streamEventlessPayments(stream, { from, to })) report(await compare(names, []));
  }
  return { count, waitingCount, failedCount };
}
