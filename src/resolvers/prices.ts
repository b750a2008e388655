import { countPrices, type PriceKey, type PriceStretch, readPrices } from '../warehouse/readers/price-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { once } from './grouped-answer.js';
import { checkedAddress } from './grouping.js';
import type { CountedPage } from './listed-page.js';
import { type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';

export type { PriceStretch };

/** An amount in wei for some pixels; both decimal texts. */
export interface Price {
  readonly pricePerUnitWei: string;
  readonly pixelsPerUnit: string;
}

export interface PriceListArgs extends PageArgs {
  readonly orchestratorAddress: string;
  readonly where?:
    | {
        readonly orgs?: readonly string[] | null | undefined;
        readonly pipelines?: readonly string[] | null | undefined;
        readonly models?: readonly string[] | null | undefined;
      }
    | null
    | undefined;
}

/** Prices an orchestrator named, newest first, each from when to when [FACT-001]. */
export async function prices(context: ApiContext, args: PriceListArgs): Promise<CountedPage<PriceStretch>> {
  const filter = {
    orchestrator: checkedAddress(args.orchestratorAddress),
    orgs: args.where?.orgs ?? [],
    pipelines: args.where?.pipelines ?? [],
    models: args.where?.models ?? [],
  };
  const key: PageKey<PriceStretch> = {
    fingerprint: listFingerprint('prices', filter),
    shape: ['number', 'string'],
    of: ({ sinceAt, id }) => [sinceAt.getTime(), id],
  };
  const request = pageRequest(args, key);
  const rows = await readPrices(context.db, {
    filter,
    page: { ...request, after: priceKey(request.after), before: priceKey(request.before) },
  });
  return { ...pageOf(rows, request, key), totalCount: once(() => countPrices(context.db, filter)) };
}

function priceKey(key: CursorKey | null): PriceKey | null {
  if (key === null) return null;
  const [sinceMs, id] = key;
  return { sinceMs: Number(sinceMs), id: String(id) };
}
