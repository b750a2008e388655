import type { ClientBase, Pool } from 'pg';
import { groupBy } from '../domain/group-by.js';
import { linkChain, type PaymentLink, sessionOfRequest } from '../domain/payment-link.js';
import { paymentRow } from '../domain/payment-row.js';
import type { Naming } from '../domain/segment-attribution.js';
import type { Log } from '../log.js';
import { writeAccepted } from '../warehouse/accepted-write.js';
import { withTransaction } from '../warehouse/pool.js';
import { createGrainStore } from '../warehouse/stores/grain-store.js';
import {
  type ChainSpan,
  hasPaymentMarks,
  setPaymentMarks,
  takePaymentMarks,
  takeSessionMarks,
} from '../warehouse/stores/payment-mark-store.js';
import {
  type ChainAnchor,
  createPaymentWriter,
  type KnownPayment,
  readAnchors,
  readLinkableSessions,
  readPayments,
} from '../warehouse/stores/payment-store.js';
import { LOCK, sharesMode } from './advisory-locks.js';
import type { AfterSessionsDrain } from './after-sessions.js';
import { chainKey, joinSpans, spanOf, widenSpan } from './chain-spans.js';
import { DEFAULT_LEFT_LIMIT } from './left-limit.js';
import { leftPayments, type RowedPayments, rowEach } from './payment-rows.js';
import type { ResolvePolicy } from './session-batch.js';

export interface PaymentLinkerOptions {
  /** Connections of naap_worker, or of the owner. */
  readonly pool: Pool;
  /** Configuration as it stands when a batch begins. */
  readPolicy(client: ClientBase): Promise<ResolvePolicy>;
  /** Marks that one transaction takes at most. */
  readonly batchMarks?: number;
  /** A drain ends when it has left so many payments. */
  readonly leftLimit?: number;
  readonly log: Log;
}

export interface PaymentLinker {
  /**
   * Links until no mark is left but those of payments whose rows the database refuses; answers how many those are. Each
   * of them holds up no other and waits for the next drain.
   */
  drain(options: Omit<AfterSessionsDrain, 'decidedAt'>): Promise<number>;
}

const DEFAULT_BATCH_MARKS = 2_000;
/** Spans, each of a chain and a day at most, whose payments are held at once. */
const SPANS_AT_ONCE = 100;
const OWN_PAYMENTS = 'select pg_advisory_xact_lock($1, 0)';
const MARK_BUCKETS = { name: 'payment-linker/mark-buckets', text: `select work.mark_buckets('payment', $1)` };

/**
 * Payment events to rows of `core.payment` [domain 4.2]: a function of the set of payments and sessions, since whatever
 * could change a link left a mark. One batch at a time in a database, so that a batch sees all that were before it.
 */
export async function createPaymentLinker(options: PaymentLinkerOptions): Promise<PaymentLinker> {
  const { pool, readPolicy, batchMarks = DEFAULT_BATCH_MARKS, leftLimit = DEFAULT_LEFT_LIMIT, log } = options;
  const grains = await createGrainStore(pool);
  const writer = await createPaymentWriter(pool);

  async function linkBatch(client: ClientBase, left: Map<string, ChainSpan>): Promise<'done' | 'more'> {
    if (!(await sharesMode(client))) return 'done';
    await client.query(OWN_PAYMENTS, [LOCK.payments]);
    const ofSessions = await takeSessionMarks(client, batchMarks);
    const marked = await takePaymentMarks(client, batchMarks, [...left.values()]);
    const spans = joinSpans([...ofSessions.spans, ...marked]);
    if (spans.length === 0) return ofSessions.markCount === 0 ? 'done' : 'more';
    const { naming } = await readPolicy(client);
    const buckets = new Map<number, Date>();
    // one part after the other is as good as one batch after the other: each sees what those before it have written
    for (let start = 0; start < spans.length; start += SPANS_AT_ONCE) {
      const written = await linkSpans(client, spans.slice(start, start + SPANS_AT_ONCE), naming, left);
      for (const bucket of written) buckets.set(bucket.getTime(), bucket);
    }
    if (buckets.size > 0) await client.query({ ...MARK_BUCKETS, values: [[...buckets.values()]] });
    return 'more';
  }

  /** Links the payments of some spans and answers the buckets changed; one that cannot be linked keeps its mark. */
  async function linkSpans(
    client: ClientBase,
    spans: readonly ChainSpan[],
    naming: Naming,
    left: Map<string, ChainSpan>,
  ): Promise<readonly Date[]> {
    const chains = await readChains(client, spans);
    const { rows, refused } = await readRows(client, chains.flatMap(linkPayments), naming);
    const written = await writeAccepted(client, rows, async (accepted) => {
      const buckets = await writer.write(
        client,
        accepted.map(({ row }) => row),
      );
      await grains.add(
        client,
        accepted.map(({ grain }) => grain),
      );
      return buckets;
    });
    const unwritten = written.refused.map(({ item, error }) => ({ item: item.row, error }));
    const unlinked = leftPayments([...refused, ...unwritten], log);
    for (const record of unlinked) left.set(paymentKey(record), spanOf(record));
    await setPaymentMarks(client, unlinked.map(spanOf));
    return written.results.flat();
  }

  return {
    async drain({ signal, batchLimit = Number.POSITIVE_INFINITY }) {
      const left = new Map<string, ChainSpan>();
      for (let batches = 0; batches < batchLimit && !signal?.aborted && (await hasPaymentMarks(pool)); batches += 1) {
        const end = await withTransaction(pool, (client) => linkBatch(client, left));
        if (end === 'done' || left.size >= leftLimit) break;
      }
      return left.size;
    },
  };
}

/** What is to be linked of one chain. */
interface Chain {
  readonly payments: readonly Candidate[];
  /** Stored payments next to them that they may follow. */
  readonly anchors: readonly ChainAnchor[];
}

/** A payment and the session that its own request leads to; null: to none. */
interface Candidate {
  readonly payment: KnownPayment;
  readonly requestSession: string | null;
}

/**
 * Reads the chains of some spans. Where a payment gains, loses or changes the session of its own request, others follow
 * it: the chain is then read up to the next stored payment with a request on either side.
 *
 * Only marked payments are held against the sessions of today; the others keep the request session they are stored with.
 * Had one of them a newer one, its own mark would find nothing to move and leave those that follow it behind.
 */
async function readChains(client: ClientBase, spans: readonly ChainSpan[]): Promise<Chain[]> {
  const marked = await readPayments(client, spans);
  const byRequest = groupBy(await readLinkableSessions(client, requestsOf(marked), []), requestKey);
  const candidates = new Map(
    marked.map((payment) => {
      const sessions = payment.requestId === '' ? [] : (byRequest.get(requestKey(payment)) ?? []);
      const session = sessionOfRequest(payment.paidAt.getTime(), sessions);
      return [paymentKey(payment), { payment, requestSession: session?.sessionKey ?? null }];
    }),
  );
  const anchors = await readAnchors(client, spans);
  const moved = new Set([...candidates.values()].filter(isMoved).map(({ payment }) => chainKey(payment)));
  const wide = joinSpans(spans.filter((span) => moved.has(chainKey(span))).map((span) => widenSpan(span, anchors)));
  for (const payment of await readPayments(client, wide)) {
    const { stored } = payment;
    if (stored === null || candidates.has(paymentKey(payment))) continue;
    candidates.set(paymentKey(payment), { payment, requestSession: stored.isByRequest ? stored.sessionKey : null });
  }
  const anchorsOf = groupBy(anchors, chainKey);
  const chains = groupBy(candidates.values(), ({ payment }) => chainKey(payment));
  return [...chains].map(([key, payments]) => ({ payments, anchors: anchorsOf.get(key) ?? [] }));
}

/** Whether others of the chain follow this payment otherwise than its stored row says. */
function isMoved({ payment: { stored }, requestSession }: Candidate): boolean {
  return requestSession !== (stored?.isByRequest === true ? stored.sessionKey : null);
}

interface LinkedPayment {
  readonly payment: KnownPayment;
  readonly link: PaymentLink;
}

function linkPayments({ payments, anchors }: Chain): LinkedPayment[] {
  const read = new Set(payments.map(({ payment }) => payment.eventId));
  const links = linkChain([
    ...payments.map(({ payment: { eventId, paidAt }, requestSession }) => ({
      eventId,
      paidAtMs: paidAt.getTime(),
      requestSession,
    })),
    ...anchors
      .filter(({ eventId }) => !read.has(eventId))
      .map(({ eventId, paidAt, sessionKey }) => ({ eventId, paidAtMs: paidAt.getTime(), requestSession: sessionKey })),
  ]);
  return payments.flatMap(({ payment }) => {
    const link = links.get(payment.eventId);
    return link === undefined ? [] : [{ payment, link }];
  });
}

/** Rows of linked payments, with the dimensions of the sessions they are linked to; one that a rule fails at has none. */
async function readRows(client: ClientBase, linked: readonly LinkedPayment[], naming: Naming): Promise<RowedPayments> {
  const keys = linked
    .filter(({ link }) => link.sessionKey !== '')
    .map(({ payment: { org }, link: { sessionKey } }) => ({ org, sessionKey }));
  const distinct = [...new Map(keys.map((key) => [sessionKeyOf(key), key])).values()];
  const sessions = await readLinkableSessions(client, [], distinct);
  const byKey = new Map(sessions.map((session) => [sessionKeyOf(session), session]));
  return rowEach(
    linked.map(({ payment: { stored: _, ...record }, link }) => ({ record, link })),
    ({ record, link }) => {
      const session = byKey.get(sessionKeyOf({ org: record.org, sessionKey: link.sessionKey })) ?? null;
      return paymentRow(record, link, session, naming);
    },
  );
}

function requestsOf(payments: readonly KnownPayment[]): { readonly org: string; readonly requestId: string }[] {
  const named = payments.filter(({ requestId }) => requestId !== '');
  return [...new Map(named.map((payment) => [requestKey(payment), payment])).values()];
}

function paymentKey({ org, eventId }: { readonly org: string; readonly eventId: string }): string {
  return `${org}\u001f${eventId}`;
}

function requestKey({ org, requestId }: { readonly org: string; readonly requestId: string }): string {
  return `${org}\u001f${requestId}`;
}

function sessionKeyOf({ org, sessionKey }: { readonly org: string; readonly sessionKey: string }): string {
  return `${org}\u001f${sessionKey}`;
}
