import type { Orchestrator } from '../warehouse/prisma/client.js';
import { listedOrchestrators } from '../warehouse/readers/listed-orchestrators-reader.js';
import type { ApiContext } from './context.js';
import { type CountedPage, entityPage } from './listed-page.js';
import type { PageArgs } from './page.js';

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

/** A page of orchestrators in address order. */
export function orchestrators(
  context: ApiContext,
  args: OrchestratorListArgs,
  loadRows: (ids: string[]) => Promise<readonly Orchestrator[]>,
): Promise<CountedPage<Orchestrator>> {
  const filter = {
    pipelines: args.where?.pipelines ?? [],
    models: args.where?.models ?? [],
    regions: args.where?.regions ?? [],
    seenFromMs: args.where?.seenSince?.getTime() ?? null,
  };
  return entityPage(context, { field: 'orchestrators', filter, relation: listedOrchestrators(filter) }, args, loadRows);
}
