import {
  averageOfMicroseconds,
  type IngestSums,
  type MicrosecondSums,
  megabitsPerSecond,
  type PacketSums,
  packetLoss,
  percentileOfMicroseconds,
  qualityShare,
} from '../resolvers/ingest-quality.js';
import type { Metric } from '../resolvers/metric.js';
import type { Builder } from './builder.js';
import type { Values } from './values.js';

/** What sums over ingest samples are called and mean. */
export function defineIngestQuality(builder: Builder, { Metric: MetricRef }: Values) {
  const Delay = builder.objectRef<MicrosecondSums>('IngestDelay').implement({
    description: 'A delay that samples of the ingest measure, kept in whole microseconds.',
    fields: (t) => {
      const figure = (description: string, figureOf: (sums: MicrosecondSums) => Metric) =>
        t.field({ type: MetricRef, description, resolve: figureOf });
      const percentile = (quantile: number) => (sums: MicrosecondSums) => percentileOfMicroseconds(sums, quantile);
      return {
        averageMs: figure('Mean in milliseconds; null without samples.', averageOfMicroseconds),
        p50Ms: figure('Median in milliseconds, within 1 %; null without samples.', percentile(0.5)),
        p95Ms: figure('95th percentile in milliseconds, within 1 %; null without samples.', percentile(0.95)),
        p99Ms: figure('99th percentile in milliseconds, within 1 %; null without samples.', percentile(0.99)),
      };
    },
  });
  const Packets = builder.objectRef<PacketSums>('IngestPackets').implement({
    description: 'Packets of one track between consecutive readings; what came before a session’s first is not known.',
    fields: (t) => ({
      lostCount: t.expose('lostCount', { type: 'Count', description: 'Packets lost.' }),
      receivedCount: t.expose('receivedCount', { type: 'Count', description: 'Packets received.' }),
      lossRatio: t.field({
        type: MetricRef,
        description: 'Packets lost of those lost or received, 0–1; null when none is known of.',
        resolve: packetLoss,
      }),
    }),
  });
  return builder.objectRef<IngestSums>('IngestQuality').implement({
    description:
      'Quality of the leg from clients to gateways, as gateways sample it every 5 seconds; it says nothing of orchestrators. Additive over time.',
    fields: (t) => ({
      sampleCount: t.expose('sampleCount', { type: 'Count', description: 'Samples.' }),
      goodCount: t.expose('goodCount', { type: 'Count', description: 'Samples that the gateway calls good.' }),
      badCount: t.expose('badCount', { type: 'Count', description: 'Samples that the gateway calls bad.' }),
      otherQualityCount: t.expose('otherQualityCount', {
        type: 'Count',
        description: 'Samples of any other quality; those that name none are in none of the three.',
      }),
      goodRatio: t.field({
        type: MetricRef,
        description: 'Share of good samples among those that name a quality, 0–1; null when none does.',
        resolve: (sums) => qualityShare(sums, 'goodCount'),
      }),
      badRatio: t.field({
        type: MetricRef,
        description: 'Share of bad samples among those that name a quality, 0–1; null when none does.',
        resolve: (sums) => qualityShare(sums, 'badCount'),
      }),
      videoJitter: t.expose('videoJitter', { type: Delay, description: 'Jitter of the video track.' }),
      audioJitter: t.expose('audioJitter', { type: Delay, description: 'Jitter of the audio track.' }),
      roundTrip: t.expose('rtt', {
        type: Delay,
        description: 'Round trip between client and gateway. A reported 0 is one that was not measured, so no sample.',
      }),
      videoPackets: t.expose('videoPackets', { type: Packets, description: 'Packets of the video track.' }),
      audioPackets: t.expose('audioPackets', { type: Packets, description: 'Packets of the audio track.' }),
      receivedBytes: t.expose('receivedBytes', {
        type: 'Count',
        description: 'Bytes from client to gateway between consecutive readings.',
      }),
      sentBytes: t.expose('sentBytes', {
        type: 'Count',
        description: 'Bytes from gateway to client between consecutive readings.',
      }),
      receivedMbps: t.field({
        type: MetricRef,
        description:
          'Mean megabits per second from client to gateway; INSUFFICIENT_SAMPLES without two readings in a row.',
        resolve: (sums) => megabitsPerSecond(sums.receivedBytes, sums),
      }),
      sentMbps: t.field({
        type: MetricRef,
        description:
          'Mean megabits per second from gateway to client; INSUFFICIENT_SAMPLES without two readings in a row.',
        resolve: (sums) => megabitsPerSecond(sums.sentBytes, sums),
      }),
    }),
  });
}

export type IngestQualityType = ReturnType<typeof defineIngestQuality>;
