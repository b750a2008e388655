import { isStreamingPipeline } from '../domain/pipelines.js';
import { readSupply, type Supply, type SurfaceSupply } from '../warehouse/readers/supply-reader.js';
import type { ApiContext } from './context.js';
import { once } from './grouped-answer.js';
import { type CountedPage, wholeListPage } from './listed-page.js';
import { readLiveNow } from './live-sessions.js';
import { type Metric, metric } from './metric.js';
import type { PageArgs } from './page.js';

export type { Supply };

/** What is offered and running now of one pipeline, or of one model of it. */
export interface Offering extends Supply {
  readonly pipeline: string;
  /** null for a whole pipeline and for an external capability. */
  readonly model: string | null;
  readonly liveSessionCount: () => Promise<number>;
}

export interface PipelineOffering extends Offering {
  readonly isStreaming: boolean;
  readonly models: readonly Offering[];
}

export interface ModelFilter {
  readonly pipelines?: readonly string[] | null | undefined;
  readonly models?: readonly string[] | null | undefined;
}

export interface ModelListArgs extends PageArgs {
  readonly where?: ModelFilter | null | undefined;
}

/** Capacity in use over the orchestrators that report it; null when none does. `sampleCount` is their number. */
export function capacityInUse({ capacityInUse: value, reportingCount }: Supply): Metric {
  return metric('COUNT', value, reportingCount);
}

/** Free capacity over the orchestrators that report what is in use; null when none does. */
export function capacityAvailable({ capacityAvailable: value, reportingCount }: Supply): Metric {
  return metric('COUNT', value, reportingCount);
}

/** Every pipeline offered now, by name, with its models. Two statements, whatever their number. */
export async function pipelines(context: ApiContext): Promise<readonly PipelineOffering[]> {
  const rows = await offerings(context);
  return rows.flatMap((row) =>
    row.isWhole
      ? [
          {
            ...row,
            isStreaming: isStreamingPipeline(row.pipeline),
            models: rows.filter(({ isWhole, pipeline }) => !isWhole && pipeline === row.pipeline),
          },
        ]
      : [],
  );
}

/** Every pipeline and model offered now, most warm orchestrators first. */
export async function models(context: ApiContext, args: ModelListArgs): Promise<CountedPage<Offering>> {
  const filter = { pipelines: args.where?.pipelines ?? [], models: args.where?.models ?? [] };
  const keeps = (wanted: readonly string[], value: string): boolean => wanted.length === 0 || wanted.includes(value);
  const rows = (await offerings(context)).filter(
    ({ isWhole, pipeline, model }) =>
      !isWhole && keeps(filter.pipelines, pipeline) && keeps(filter.models, model ?? ''),
  );
  return wholeListPage(
    {
      field: 'models',
      filter,
      shape: ['number', 'string', 'string'],
      key: ({ warmOrchestratorCount, pipeline, model }) => [-warmOrchestratorCount, pipeline, model ?? ''],
    },
    rows,
    args,
  );
}

async function offerings(context: ApiContext): Promise<readonly (Offering & { readonly isWhole: boolean })[]> {
  const active = once(async () => activeStreams(context));
  return (await readSupply(context.db, context.nowMs)).map((row) => ({
    ...row,
    isWhole: row.model === null,
    model: row.model || null,
    liveSessionCount: async () => (await active()).get(surfaceText(row)) ?? 0,
  }));
}

/** Live sessions by pipeline and model, and by pipeline alone. */
async function activeStreams(context: ApiContext): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { grain, recentCount } of await readLiveNow(context, ['PIPELINE', 'MODEL'], {})) {
    const pipeline = grain.PIPELINE ?? '';
    for (const model of [null, grain.MODEL ?? '']) {
      const key = surfaceText({ pipeline, model });
      counts.set(key, (counts.get(key) ?? 0) + recentCount);
    }
  }
  return counts;
}

function surfaceText({ pipeline, model }: Pick<SurfaceSupply, 'pipeline' | 'model'>): string {
  return JSON.stringify([pipeline, model]);
}
