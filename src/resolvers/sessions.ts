import type { AttributionOutcome, SelectionOutcome, StartupOutcome } from '../domain/resolved-rows.js';
import type { Session } from '../warehouse/prisma/client.js';
import {
  countSessions,
  type ListedSession,
  readListedSessions,
  type SessionFilter,
  type SessionOrder,
} from '../warehouse/readers/listed-sessions-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { once } from './grouped-answer.js';
import { DIMENSIONS, type GroupingArgs, resolveGrouping } from './grouping.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';
import { listBounds, type RangeArgument } from './range.js';
import { lastSeenBounds, type SessionState } from './session-state.js';

export type { Session, SessionOrder, StartupOutcome };

export interface SessionListArgs extends PageArgs, Pick<GroupingArgs, 'where' | 'synthetic'> {
  readonly startedIn?: RangeArgument | null | undefined;
  readonly state?: SessionState | null | undefined;
  readonly startupOutcome?: StartupOutcome | null | undefined;
  readonly attributionOutcome?: AttributionOutcome | null | undefined;
  readonly selectionOutcome?: SelectionOutcome | null | undefined;
  readonly streamId?: string | null | undefined;
  readonly requestId?: string | null | undefined;
  readonly orderBy?: SessionOrder | null | undefined;
  readonly ascending?: boolean | null | undefined;
}

export interface SessionPage extends Page<Session> {
  readonly totalCount: () => Promise<number>;
}

/** A page of sessions: one statement for the keys, one for the rows, one per relation that is asked for. */
export async function sessions(
  context: ApiContext,
  args: SessionListArgs,
  loadRows: (ids: string[]) => Promise<readonly Session[]>,
): Promise<SessionPage> {
  const filter = sessionFilter(args, context.nowMs);
  const order = args.orderBy ?? 'STARTED_AT';
  const isDescending = !(args.ascending ?? false);
  const key: PageKey<ListedSession> = {
    fingerprint: listFingerprint('sessions', { ...argsOfFilter(args), order, isDescending }),
    shape: ['number', 'string'],
    of: ({ atMs, id }) => [atMs, id],
  };
  const request = pageRequest(args, key);
  const listed = await readListedSessions(context.db, {
    filter,
    order,
    isDescending,
    page: { ...request, after: listedOf(request.after), before: listedOf(request.before) },
  });
  const page = pageOf(listed, request, key);
  const rows = page.edges.length === 0 ? [] : await loadRows(page.edges.map(({ node }) => node.id));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return {
    pageInfo: page.pageInfo,
    edges: page.edges.flatMap(({ cursor, node }) => {
      const session = byId.get(node.id);
      return session === undefined ? [] : [{ cursor, node: session }];
    }),
    totalCount: once(() => countSessions(context.db, filter)),
  };
}

function sessionFilter(args: SessionListArgs, nowMs: number): SessionFilter {
  const { fromMs, untilMs } = listBounds(args.startedIn);
  const { filter, synthetic } = resolveGrouping(
    { where: args.where, synthetic: args.synthetic },
    { field: 'sessions', keys: DIMENSIONS },
  );
  const seen = args.state && args.state !== 'COMPLETED' ? lastSeenBounds(args.state, nowMs) : null;
  return {
    grain: filter,
    synthetic,
    startedFromMs: fromMs,
    startedUntilMs: untilMs,
    isCompleted: args.state ? args.state === 'COMPLETED' : null,
    lastSeenFromMs: seen?.fromMs ?? null,
    lastSeenUntilMs: seen?.untilMs ?? null,
    startupOutcome: args.startupOutcome ?? null,
    attributionOutcome: args.attributionOutcome ?? null,
    selectionOutcome: args.selectionOutcome ?? null,
    streamId: args.streamId ?? null,
    requestId: args.requestId ?? null,
  };
}

/** What a cursor is bound to: the question, not the clock, so that a page of live sessions can be turned. */
function argsOfFilter({ first, after, last, before, orderBy, ascending, ...filter }: SessionListArgs): object {
  return filter;
}

function listedOf(key: CursorKey | null): ListedSession | null {
  if (key === null) return null;
  const [atMs, id] = key;
  return { atMs: Number(atMs), id: String(id) };
}
