import type { Gpu } from '../warehouse/prisma/client.js';
import { type GpuPresence, type GpuSource, listedGpus } from '../warehouse/readers/listed-gpus-reader.js';
import type { ApiContext } from './context.js';
import { checkedAddress } from './grouping.js';
import { type CountedPage, entityPage } from './listed-page.js';
import type { PageArgs } from './page.js';

export type { Gpu, GpuSource };

/** What the newest sample that names a GPU says of it. */
export interface GpuReading {
  readonly org: string;
  readonly eventId: string;
  readonly readAt: Date;
  readonly gpuModel: string | null;
  readonly memoryBytes: number | null;
  readonly cudaVersion: string | null;
  /** 0..1. */
  readonly utilisation: number | null;
}

/** The newest reading of a GPU; null when no sample ever named it. */
export function newestReading(gpu: Gpu): GpuReading | null {
  if (gpu.readingAt === null || gpu.readingOrg === null || gpu.readingEventId === null) return null;
  return {
    org: gpu.readingOrg,
    eventId: gpu.readingEventId,
    readAt: gpu.readingAt,
    gpuModel: gpu.readingGpuModel,
    memoryBytes: gpu.readingMemoryBytes === null ? null : Number(gpu.readingMemoryBytes),
    cudaVersion: gpu.readingCudaVersion,
    utilisation: gpu.readingUtilisation === null ? null : Number(gpu.readingUtilisation),
  };
}

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
        readonly sources?: readonly GpuSource[] | null | undefined;
        readonly seenSince?: Date | null | undefined;
      }
    | null
    | undefined;
}

/** Nothing said leaves out what reports say is gone: of a GPU that only samples name none tells. */
function presenceOf(isInstalled: boolean | null | undefined): GpuPresence {
  if (isInstalled === undefined) return 'not_gone';
  if (isInstalled === null) return 'any';
  return isInstalled ? 'installed' : 'gone';
}

/** A page of GPUs, those that reports say are gone left out unless asked for. */
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
    presence: presenceOf(where?.isInstalled),
    sources: where?.sources ?? [],
    seenFromMs: where?.seenSince?.getTime() ?? null,
  };
  return entityPage(context, { field: 'gpus', filter, relation: listedGpus(filter) }, args, loadRows);
}

/** Model names of GPUs by public id; those that do not say are left out. One statement. */
export async function gpuModels(
  { prisma }: ApiContext,
  gpuIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (gpuIds.length === 0) return new Map();
  const rows = await prisma.gpu.findMany({ where: { gpuId: { in: [...new Set(gpuIds)] } }, orderBy: { id: 'asc' } });
  return new Map(rows.flatMap(({ gpuId, gpuModel }) => (gpuModel === null ? [] : [[gpuId, gpuModel] as const])));
}
