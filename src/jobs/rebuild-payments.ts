import type { ClientBase } from 'pg';
import type { Naming } from '../domain/segment-attribution.js';
import type { Log } from '../log.js';
import { writeAccepted } from '../warehouse/accepted-write.js';
import { NAMED_PAYMENTS } from '../warehouse/readers/named-rows.js';
import { streamPayments } from '../warehouse/readers/payment-stream.js';
import { readTableShape } from '../warehouse/rows.js';
import { createGrainStore } from '../warehouse/stores/grain-store.js';
import { setPaymentMarks } from '../warehouse/stores/payment-mark-store.js';
import { rowCopier } from '../warehouse/writers/copy-rows.js';
import { spanOf } from './chain-spans.js';
import { leftPayments, rowEach } from './payment-rows.js';
import { putBack, readBucketStarts, union } from './rebuild-tables.js';
import { createStreamLinker } from './stream-linker.js';

export interface RebuildPartOptions {
  /** Another connection, which still sees what was stored before. */
  readonly reader: ClientBase;
  readonly rawFloor: Date;
  readonly log: Log;
}

const MARK_BUCKETS = `select work.mark_buckets('payment', $1)`;

/**
 * Makes `core.payment` anew, in the transaction of a rebuild whose sessions are written: all payments in one stream, each
 * linked by the rules of the tail, into the emptied table by COPY. Answers how many could not be linked: they stay as
 * they were, and are marked.
 */
export async function rebuildPayments(
  client: ClientBase,
  { reader, rawFloor, naming, log }: RebuildPartOptions & { readonly naming: Naming },
): Promise<number> {
  const grains = await createGrainStore(client);
  const table = rowCopier(await readTableShape(client, 'core.payment'), 'core.payment');
  const link = createStreamLinker(naming);
  const before = await readBucketStarts(client, 'core.payment');
  let isEmptied = false;
  let leftCount = 0;
  for await (const payments of streamPayments(client, { rawFloor })) {
    // the cursor keeps the rows that were there when it was opened
    if (!isEmptied) await client.query('delete from core.payment');
    isEmptied = true;
    const { rows, refused } = rowEach(payments, link);
    const written = await writeAccepted(client, rows, async (accepted) => {
      await table.copy(
        client,
        accepted.map(({ row }) => row),
      );
      await grains.add(
        client,
        accepted.map(({ grain }) => grain),
      );
    });
    const unwritten = written.refused.map(({ item, error }) => ({ item: item.row, error }));
    const left = leftPayments([...refused, ...unwritten], log);
    await putBack(reader, client, NAMED_PAYMENTS, left.map(nameOf));
    await setPaymentMarks(client, left.map(spanOf));
    leftCount += left.length;
  }
  if (!isEmptied) await client.query('delete from core.payment');
  const after = await readBucketStarts(client, 'core.payment');
  await client.query(MARK_BUCKETS, [union(before, after)]);
  return leftCount;
}

/** A payment's row by name. */
export function nameOf({ org, eventId }: { readonly org: string; readonly eventId: string }) {
  return { org, eventId };
}
