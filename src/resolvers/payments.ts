import { formatDecimal, parseDecimal } from '../domain/money.js';
import type { LinkMethod } from '../domain/payment-link.js';
import { AppError } from '../errors.js';
import { keysOfRollup } from '../warehouse/readers/grain.js';
import {
  countPayments,
  type ListedPayment,
  type PaymentFilter,
  type PaymentKey,
  readListedPayments,
} from '../warehouse/readers/listed-payments-reader.js';
import { type PaymentSums, readPaymentTotals } from '../warehouse/readers/payment-totals-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs, type GroupedSource, once } from './grouped-answer.js';
import { type GroupingArgs, onChainAddress, resolveGrouping } from './grouping.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';
import { listBounds, type RangeArgument, ROLLUP_BUCKETS } from './range.js';

export type { LinkMethod, ListedPayment, PaymentSums };

export interface PaymentListArgs extends PageArgs, Pick<GroupingArgs, 'where' | 'synthetic'> {
  readonly paidIn?: RangeArgument | null | undefined;
  readonly isLinked?: boolean | null | undefined;
  readonly sessionId?: string | null | undefined;
  readonly requestId?: string | null | undefined;
  readonly paymentSessionId?: string | null | undefined;
  readonly senderAddress?: string | null | undefined;
  readonly ascending?: boolean | null | undefined;
}

export interface PaymentPage extends Page<ListedPayment> {
  readonly totalCount: () => Promise<number>;
}

/** A page of payments, newest first unless asked otherwise: one statement. */
export async function payments(context: ApiContext, args: PaymentListArgs): Promise<PaymentPage> {
  const filter = paymentFilter(args);
  const isDescending = !(args.ascending ?? false);
  const key: PageKey<ListedPayment> = {
    fingerprint: listFingerprint('payments', { ...argsOfFilter(args), isDescending }),
    shape: ['number', 'string'],
    of: ({ paidAt, id }) => [paidAt.getTime(), id],
  };
  const request = pageRequest(args, key);
  const rows = await readListedPayments(context.db, {
    filter,
    isDescending,
    page: { ...request, after: keyOf(request.after), before: keyOf(request.before) },
  });
  return { ...pageOf(rows, request, key), totalCount: once(() => countPayments(context.db, filter)) };
}

export const PAYMENTS: GroupedSource<PaymentSums> = {
  field: 'paymentTotals',
  keys: keysOfRollup('payment'),
  buckets: ROLLUP_BUCKETS,
  finestUnasked: 'MINUTE_5',
  read: readPaymentTotals,
  // An order, not an amount: beyond 2^53 wei neighbours may tie, and then the group's key decides.
  weight: (sums) => Number(sums.expectedValueWei),
};

/** Payments at any grain, largest expected value first; the orchestrator is the recipient [domain 4.2]. */
export function paymentTotals(context: ApiContext, args: GroupedArgs): Promise<GroupedAnswer<PaymentSums>> {
  return answerGrouped(context, PAYMENTS, args);
}

function paymentFilter(args: PaymentListArgs): PaymentFilter {
  const { fromMs, untilMs } = listBounds(args.paidIn);
  const { filter, synthetic } = resolveGrouping(
    { where: args.where, synthetic: args.synthetic },
    { field: 'payments', keys: PAYMENTS.keys },
  );
  return {
    grain: filter,
    synthetic,
    paidFromMs: fromMs,
    paidUntilMs: untilMs,
    isLinked: args.isLinked ?? null,
    sessionId: args.sessionId ?? null,
    requestId: args.requestId ?? null,
    paymentSessionId: args.paymentSessionId ?? null,
    sender: args.senderAddress ? onChainAddress(args.senderAddress, 'sender address') : null,
  };
}

function argsOfFilter({ first, after, last, before, ascending, ...filter }: PaymentListArgs): object {
  return filter;
}

/** Probability of a ticket to win as plain decimal text, whatever way its gateway wrote it. */
export function winProbability({ winProb }: Pick<ListedPayment, 'winProb'>): string {
  const probability = parseDecimal(winProb);
  // the message was rejected unless it is a number
  if (probability === null) throw new AppError('INVARIANT_BROKEN', `winProb ${JSON.stringify(winProb)} is no number`);
  return formatDecimal(probability);
}

function keyOf(key: CursorKey | null): PaymentKey | null {
  if (key === null) return null;
  const [atMs, id] = key;
  return { atMs: Number(atMs), id: String(id) };
}
