import type { Gateway } from '../warehouse/prisma/client.js';
import { listedGateways } from '../warehouse/readers/listed-gateways-reader.js';
import type { ApiContext } from './context.js';
import { type CountedPage, entityPage } from './listed-page.js';
import type { PageArgs } from './page.js';

export type { Gateway };

type Texts = readonly string[] | null | undefined;

export interface GatewayListArgs extends PageArgs {
  readonly where?: { readonly orgs?: Texts; readonly gateways?: Texts; readonly regions?: Texts } | null | undefined;
}

/** A page of gateways by organisation and name. */
export function gateways(
  context: ApiContext,
  { where, ...args }: GatewayListArgs,
  loadRows: (ids: string[]) => Promise<readonly Gateway[]>,
): Promise<CountedPage<Gateway>> {
  const filter = { orgs: where?.orgs ?? [], gateways: where?.gateways ?? [], regions: where?.regions ?? [] };
  return entityPage(context, { field: 'gateways', filter, relation: listedGateways(filter) }, args, loadRows);
}
