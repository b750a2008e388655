import {
  readTicketSessions,
  readTicketTotals,
  type TicketSession,
  type TicketSessionKey,
  type TicketTotals,
} from '../warehouse/readers/ticket-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { once } from './grouped-answer.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';
import { type RangeRequest, resolveRange, type UsedRange } from './range.js';

export type { TicketSession, TicketTotals };

export interface TicketSessionArgs extends PageArgs, Pick<RangeRequest, 'range'> {
  readonly ticketSessionId?: string | null | undefined;
}

export interface TicketSessionPage extends Page<TicketSession> {
  readonly range: UsedRange;
  /** Null when no ticket was signed. */
  readonly total: () => Promise<TicketTotals | null>;
}

/** Signers' sessions with their tickets of a range, newest ticket first [domain 4.2]. */
export async function ticketSessions(context: ApiContext, args: TicketSessionArgs): Promise<TicketSessionPage> {
  const range = resolveRange({ range: args.range }, context.nowMs);
  const query = { range, ticketSessionId: args.ticketSessionId ?? null };
  const key: PageKey<TicketSession> = {
    fingerprint: listFingerprint('ticketSessions', { range: args.range ?? null, id: query.ticketSessionId }),
    shape: ['number', 'string'],
    of: ({ lastSignedAt, id }) => [lastSignedAt.getTime(), id],
  };
  const request = pageRequest(args, key);
  const page = { ...request, after: keyOf(request.after), before: keyOf(request.before) };
  const rows = await readTicketSessions(context.db, query, page);
  return { ...pageOf(rows, request, key), range, total: once(() => readTicketTotals(context.db, query)) };
}

function keyOf(key: CursorKey | null): TicketSessionKey | null {
  if (key === null) return null;
  const [atMs, id] = key;
  return { atMs: Number(atMs), id: String(id) };
}
