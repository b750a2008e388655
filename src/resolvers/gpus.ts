import type { Gpu } from '../warehouse/prisma/client.js';
import { listedGpus } from '../warehouse/readers/listed-gpus-reader.js';
import type { ApiContext } from './context.js';
import { checkedAddress } from './grouping.js';
import { type CountedPage, entityPage } from './listed-page.js';
import type { PageArgs } from './page.js';

export type { Gpu };

type Texts = readonly string[] | null | undefined;

export interface GpuListArgs extends PageArgs {
  readonly where?:
    | {
        readonly orchestrators?: Texts;
        readonly gpus?: Texts;
        readonly gpuModels?: Texts;
        readonly pipelines?: Texts;
        readonly models?: Texts;
        readonly minMemoryBytes?: number | null | undefined;
        readonly isInstalled?: boolean | null | undefined;
        readonly seenSince?: Date | null | undefined;
      }
    | null
    | undefined;
}

/** A page of GPUs, those installed now unless asked otherwise. */
export function gpus(
  context: ApiContext,
  { where, ...args }: GpuListArgs,
  loadRows: (ids: string[]) => Promise<readonly Gpu[]>,
): Promise<CountedPage<Gpu>> {
  const filter = {
    orchestrators: (where?.orchestrators ?? []).map(checkedAddress),
    gpus: where?.gpus ?? [],
    gpuModels: where?.gpuModels ?? [],
    pipelines: where?.pipelines ?? [],
    models: where?.models ?? [],
    minMemoryBytes: where?.minMemoryBytes ?? null,
    isInstalled: where?.isInstalled === undefined ? true : where.isInstalled,
    seenFromMs: where?.seenSince?.getTime() ?? null,
  };
  return entityPage(context, { field: 'gpus', filter, relation: listedGpus(filter) }, args, loadRows);
}
