import { keysOfRollup } from '../warehouse/readers/grain.js';
import { readTicketMetrics, type TicketSums } from '../warehouse/readers/ticket-metrics-reader.js';
import {
  readTicketSessions,
  readTicketTotals,
  type TicketSession,
  type TicketSessionKey,
  type TicketTotals,
} from '../warehouse/readers/ticket-reader.js';
import type { BatchedPage, Ticket } from './batched-lists.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs, type GroupedSource, once } from './grouped-answer.js';
import { keptRange, SINGLE_ROWS } from './kept-range.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';
import { type RangeRequest, ROLLUP_BUCKETS, type UsedRange } from './range.js';

export type { Ticket, TicketSums, TicketTotals };

/** A signer's session with the range that its tickets are counted over. */
export interface RangedTicketSession extends TicketSession {
  readonly range: UsedRange;
}

export interface TicketSessionArgs extends PageArgs, Pick<RangeRequest, 'range'> {
  readonly ticketSessionId?: string | null | undefined;
}

export interface TicketSessionPage extends Page<RangedTicketSession> {
  readonly range: UsedRange;
  /** Null when no ticket was signed. */
  readonly total: () => Promise<TicketTotals | null>;
}

/** Signers' sessions with their tickets of a range, newest ticket first [domain 4.2]. */
export async function ticketSessions(context: ApiContext, args: TicketSessionArgs): Promise<TicketSessionPage> {
  const range = await keptRange(context, { range: args.range }, SINGLE_ROWS);
  const query = { range, ticketSessionId: args.ticketSessionId ?? null };
  const key: PageKey<RangedTicketSession> = {
    fingerprint: listFingerprint('ticketSessions', { range: args.range ?? null, id: query.ticketSessionId }),
    shape: ['number', 'string'],
    of: ({ lastSignedAt, id }) => [lastSignedAt.getTime(), id],
  };
  const request = pageRequest(args, key);
  const page = { ...request, after: keyOf(request.after), before: keyOf(request.before) };
  const rows = await readTicketSessions(context.db, query, page);
  const ranged = rows.map((row): RangedTicketSession => ({ ...row, range }));
  return { ...pageOf(ranged, request, key), range, total: once(() => readTicketTotals(context.db, query)) };
}

/** The tickets of a signer's session in its range, oldest first [LINEAGE-002]. */
export function ticketsOf(
  { loaders }: ApiContext,
  { org, ticketSessionId, range }: RangedTicketSession,
  args: PageArgs,
): Promise<BatchedPage<Ticket>> {
  return loaders.lists.ticketsOfSession({ range, org, ticketSessionId }, args);
}

const TICKET_METRICS: GroupedSource<TicketSums> = {
  field: 'ticketMetrics',
  keys: keysOfRollup('ticket'),
  buckets: ROLLUP_BUCKETS,
  finestUnasked: 'MINUTE_5',
  read: readTicketMetrics,
  weight: (sums) => sums.ticketCount,
};

/** What gateways signed, at any grain, most tickets first [domain 4.2]. Tickets do not say whether they are test traffic. */
export function ticketMetrics(
  context: ApiContext,
  args: Omit<GroupedArgs, 'synthetic'>,
): Promise<GroupedAnswer<TicketSums>> {
  return answerGrouped(context, TICKET_METRICS, args);
}

function keyOf(key: CursorKey | null): TicketSessionKey | null {
  if (key === null) return null;
  const [atMs, id] = key;
  return { atMs: Number(atMs), id: String(id) };
}
