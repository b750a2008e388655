import { type GpuMarketRow, readGpuMarket } from '../warehouse/readers/supply-reader.js';
import type { ApiContext } from './context.js';
import { type GrainFilterInput, resolveGrouping } from './grouping.js';
import { keptRange } from './kept-range.js';
import { type CountedPage, wholeListPage } from './listed-page.js';
import { type Metric, metric, missingMetric } from './metric.js';
import type { PageArgs } from './page.js';
import type { RangeRequest, UsedRange } from './range.js';
import { SERVICE } from './service.js';
import type { ModelFilter } from './supply.js';

export type { GpuMarketRow };

export interface GpuMarketFilter extends ModelFilter {
  readonly gpuModels?: readonly string[] | null | undefined;
}

export interface GpuMarketArgs extends PageArgs, RangeRequest {
  readonly where?: GpuMarketFilter | null | undefined;
  readonly synthetic?: Parameters<typeof resolveGrouping>[0]['synthetic'];
}

export interface GpuMarket extends CountedPage<GpuMarketRow> {
  /** What the achieved frame rates are over. */
  readonly range: UsedRange;
}

/** The GPU market at the request's instant, most GPUs first. One statement. */
export async function gpuMarket(context: ApiContext, args: GpuMarketArgs): Promise<GpuMarket> {
  const range = await keptRange(context, args, SERVICE);
  const where: GrainFilterInput = { pipelines: args.where?.pipelines, models: args.where?.models };
  const { filter, synthetic } = resolveGrouping(
    { where, synthetic: args.synthetic },
    { field: 'gpuMarket', keys: ['PIPELINE', 'MODEL'] },
  );
  const gpuModels = args.where?.gpuModels ?? [];
  const rows = await readGpuMarket(context.db, {
    ...{ bucket: range.bucket, range, step: 'range', groupBy: [], filter, synthetic, nowMs: context.nowMs },
  });
  const keeps = (wanted: readonly string[] | undefined, value: string | null): boolean =>
    wanted === undefined || wanted.length === 0 || (value !== null && wanted.includes(value));
  const kept = rows.filter(
    (row) =>
      keeps(filter.wanted.PIPELINE, row.pipeline) &&
      keeps(filter.wanted.MODEL, row.model) &&
      keeps(gpuModels, row.gpuModel),
  );
  const page = wholeListPage(
    {
      field: 'gpuMarket',
      filter: { filter, synthetic, gpuModels, range: args.range ?? null, bucket: args.bucket ?? null },
      shape: ['number', 'string', 'string', 'string'],
      key: (row) => [-row.gpuCount, row.gpuModel ?? '', row.pipeline, row.model],
    },
    kept,
    args,
  );
  return { ...page, range };
}

/** Frames per second that the row's GPUs put out on average; null without samples. */
export function achievedFps({ fpsSum, fpsSampleCount }: GpuMarketRow): Metric {
  return metric('FRAMES_PER_SECOND', fpsSampleCount > 0 ? Number(fpsSum) / fpsSampleCount : null, fpsSampleCount);
}

/** Achieved frame rate over the target; null without samples or without a configured target. */
export function fpsEfficiency(row: GpuMarketRow): Metric {
  const achieved = achievedFps(row);
  if (row.fpsTarget === null || row.fpsTarget <= 0) return missingMetric('COEFFICIENT', 'NO_DATA', row.fpsSampleCount);
  const ratio = achieved.value === null ? null : achieved.value / row.fpsTarget;
  return metric('COEFFICIENT', ratio, row.fpsSampleCount);
}
