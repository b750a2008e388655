import type { Orchestrator } from '../warehouse/prisma/client.js';
import {
  countOrchestrators,
  type OrchestratorFilter,
  readListedOrchestrators,
} from '../warehouse/readers/listed-orchestrators-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { once } from './grouped-answer.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';

export type { Orchestrator };

export interface OrchestratorListArgs extends PageArgs {
  readonly where?:
    | {
        readonly pipelines?: readonly string[] | null | undefined;
        readonly models?: readonly string[] | null | undefined;
        readonly regions?: readonly string[] | null | undefined;
        readonly seenSince?: Date | null | undefined;
      }
    | null
    | undefined;
}

export interface OrchestratorPage extends Page<Orchestrator> {
  readonly totalCount: () => Promise<number>;
}

/** A page of orchestrators in address order: one statement for the keys, one for the rows, one per relation. */
export async function orchestrators(
  context: ApiContext,
  args: OrchestratorListArgs,
  loadRows: (ids: string[]) => Promise<readonly Orchestrator[]>,
): Promise<OrchestratorPage> {
  const filter: OrchestratorFilter = {
    pipelines: args.where?.pipelines ?? [],
    models: args.where?.models ?? [],
    regions: args.where?.regions ?? [],
    seenFromMs: args.where?.seenSince?.getTime() ?? null,
  };
  const key: PageKey<string> = {
    fingerprint: listFingerprint('orchestrators', filter),
    shape: ['string'],
    of: (address) => [address],
  };
  const request = pageRequest(args, key);
  const listed = await readListedOrchestrators(context.db, {
    filter,
    page: { ...request, after: addressOf(request.after), before: addressOf(request.before) },
  });
  const page = pageOf(listed, request, key);
  const rows = page.edges.length === 0 ? [] : await loadRows(page.edges.map(({ node }) => node));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return {
    pageInfo: page.pageInfo,
    edges: page.edges.flatMap(({ cursor, node }) => {
      const orchestrator = byId.get(node);
      return orchestrator === undefined ? [] : [{ cursor, node: orchestrator }];
    }),
    totalCount: once(() => countOrchestrators(context.db, filter)),
  };
}

function addressOf(key: CursorKey | null): string | null {
  return key === null ? null : String(key[0]);
}
