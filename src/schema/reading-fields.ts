import type { Metric } from '../resolvers/metric.js';
import { bandwidth, computeEfficiency, gpuUtilisation, transportBandwidth } from '../resolvers/reading-figures.js';
import type { ServiceSums } from '../resolvers/service-figures.js';
import type { Builder } from './builder.js';
import type { Values } from './values.js';

type Fields = PothosSchemaTypes.ObjectFieldBuilder<Builder['$inferSchemaTypes'], ServiceSums>;

/** What runners read beside frames (v1); where none of them sends it, NOT_COLLECTED. */
export function readingFields(t: Fields, MetricRef: Values['Metric']) {
  const figure = (description: string, figureOf: (sums: ServiceSums) => Metric) =>
    t.field({ type: MetricRef, description, resolve: figureOf });
  const span =
    'from bytes between two readings of a counter over the time between them, or from rates and their interval';
  const missing = 'NOT_COLLECTED: no producer sends it. INSUFFICIENT_SAMPLES: one reading of a counter tells no rate';
  return {
    transportBandwidthMbps: figure(
      `Bandwidth between orchestrator and gateway in megabits per second, both directions added, ${span}. ${missing}.`,
      transportBandwidth,
    ),
    sentMbps: figure(`Megabits per second sent by the runner, ${span}. ${missing}.`, (sums) => bandwidth(sums, 'tx')),
    receivedMbps: figure(`Megabits per second received by the runner, ${span}. ${missing}.`, (sums) =>
      bandwidth(sums, 'rx'),
    ),
    gpuUtilisationRatio: figure(
      'Mean GPU utilisation over the samples that carry one, 0–1. NOT_COLLECTED: no producer sends it.',
      gpuUtilisation,
    ),
    cueRatio: figure(
      'Compute unit efficiency (CUE): achieved over peak floating-point operations, each summed over the samples that carry both; 1 is all that the hardware can do. NOT_COLLECTED: no producer sends both.',
      computeEfficiency,
    ),
  };
}
