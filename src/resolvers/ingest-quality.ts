import { keysOfRollup } from '../warehouse/readers/grain.js';
import {
  type IngestSums,
  type MicrosecondSums,
  type PacketSums,
  readIngestQuality,
} from '../warehouse/readers/ingest-quality-reader.js';
import type { ApiContext } from './context.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs } from './grouped-answer.js';
import { type Metric, metric, missingMetric, ratioMetric } from './metric.js';
import { percentileOf } from './percentile.js';
import { ROLLUP_BUCKETS } from './range.js';

export type { IngestSums, MicrosecondSums, PacketSums };

const US_PER_MS = 1000;

/** Quality of the leg from clients to gateways at any grain, most samples first [domain 4.4]. */
export function ingestQuality(context: ApiContext, args: GroupedArgs): Promise<GroupedAnswer<IngestSums>> {
  return answerGrouped(
    context,
    {
      field: 'ingestQuality',
      keys: keysOfRollup('ingest'),
      buckets: ROLLUP_BUCKETS,
      // an hour has its own horizon: it is no sum of its 5 minutes
      finestUnasked: 'HOUR_1',
      read: readIngestQuality,
      weight: (sums) => sums.sampleCount,
    },
    args,
  );
}

/** Share of samples of one quality among those that name any; null when none does. */
export function qualityShare(sums: IngestSums, name: 'goodCount' | 'badCount' | 'otherQualityCount'): Metric {
  return ratioMetric(sums[name], sums.goodCount + sums.badCount + sums.otherQualityCount);
}

/** Packets lost of those lost or received; null when no packet is known of. */
export function packetLoss({ lostCount, receivedCount }: PacketSums): Metric {
  return ratioMetric(lostCount, lostCount + receivedCount);
}

/** Mean in ms; null without samples. */
export function averageOfMicroseconds({ usSum, sampleCount }: MicrosecondSums): Metric {
  return metric('MILLISECONDS', sampleCount > 0 ? usSum / sampleCount / US_PER_MS : null, sampleCount);
}

/** Nearest-rank percentile in ms within 1 %; null without samples. */
export function percentileOfMicroseconds({ histogram, sampleCount }: MicrosecondSums, quantile: number): Metric {
  const us = percentileOf({ histogram, count: sampleCount }, quantile);
  return metric('MILLISECONDS', us === null ? null : us / US_PER_MS, sampleCount);
}

/** Δbytes·8 / (Δt·1e6) over consecutive readings; null when no time lies between any two, as one reading tells no rate. */
export function megabitsPerSecond(bytes: number, { transferMs, sampleCount }: IngestSums): Metric {
  if (transferMs > 0) return metric('MEGABITS_PER_SECOND', (bytes * 8) / (transferMs * 1000), sampleCount);
  const nullReason = sampleCount === 0 ? 'NO_DATA' : 'INSUFFICIENT_SAMPLES';
  return missingMetric('MEGABITS_PER_SECOND', nullReason, sampleCount);
}
