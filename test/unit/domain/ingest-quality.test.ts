import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBins, encodeSample } from '../../../src/domain/bins.js';
import type { CapabilityRunRow } from '../../../src/domain/capability-index.js';
import type { IngestMetricsFact, SessionEvent } from '../../../src/domain/event.js';
import type { SessionIngestRow } from '../../../src/domain/ingest-rows.js';
import { compareOrder, orderKeyOf } from '../../../src/domain/order.js';
import type { ResolvedSession } from '../../../src/domain/session-rows.js';
import { NaiveSession } from './naive-session.js';
import { capabilityRuns, sessionEvents } from './random-sessions.js';
import { event, HOUR, MINUTE, resolve, SECOND, TEN } from './session-samples.js';

const NOTHING: IngestMetricsFact = {
  ...{ connQuality: '', bytesReceived: null, bytesSent: null, rttMs: null },
  ...{ videoJitterMs: null, videoPacketsLost: null, videoPacketsReceived: null },
  ...{ audioJitterMs: null, audioPacketsLost: null, audioPacketsReceived: null },
};
const sample = (atMs: number, fields: Partial<IngestMetricsFact>) => event(atMs, { ingest: { ...NOTHING, ...fields } });

/** What a reader with nothing but the rules would count in one bucket, over all events at once. */
function naiveRow(events: readonly SessionEvent[], startMs: number, widthMs: number): Partial<SessionIngestRow> {
  const ordered = [...events].sort((a, b) => compareOrder(orderKeyOf(a), orderKeyOf(b)));
  const all = ordered.flatMap(({ eventAtMs: at, ingest }) => (ingest === null ? [] : [{ at, ...ingest }]));
  const isHere = ({ at }: { readonly at: number }) => at >= startMs && at < startMs + widthMs;
  const here = all.filter(isHere);
  const quality = (...texts: string[]) => here.filter(({ connQuality }) => texts.includes(connQuality)).length;
  const micros = (pick: (one: IngestMetricsFact) => number | null) =>
    here.flatMap((one) => {
      const ms = pick(one);
      return ms !== null && ms >= 0 && ms <= 600_000 ? [Math.round(ms * 1000)] : [];
    });
  const grown = (one: keyof IngestMetricsFact, other: keyof IngestMetricsFact) => {
    const readings = all.flatMap((each) => {
      const [a, b] = [each[one], each[other]];
      return typeof a === 'number' && typeof b === 'number' && a >= 0 && b >= 0 ? [{ at: each.at, a, b }] : [];
    });
    const sum = { one: 0, other: 0, ms: 0 };
    readings.forEach((now, index) => {
      const before = readings[index - 1];
      if (before === undefined || !isHere(now) || now.a < before.a || now.b < before.b) return;
      sum.one += now.a - before.a;
      sum.other += now.b - before.b;
      sum.ms += now.at - before.at;
    });
    return sum;
  };
  const spread = <const Name extends string>(name: Name, values: readonly number[]) => ({
    [`${name}SampleCount`]: values.length,
    [`${name}UsSum`]: values.reduce((sum, us) => sum + us, 0),
    [`${name}UsHistogram`]: String(values.reduce((sum, us) => sum + BigInt(encodeSample(us)), 0n)),
  });
  const [bytes, video, audio] = [
    grown('bytesReceived', 'bytesSent'),
    grown('videoPacketsLost', 'videoPacketsReceived'),
    grown('audioPacketsLost', 'audioPacketsReceived'),
  ];
  return {
    ...{ sampleCount: here.length, goodCount: quality('good'), badCount: quality('Bad', 'bad') },
    otherQualityCount: quality('unknown'),
    ...spread(
      'videoJitter',
      micros((one) => one.videoJitterMs),
    ),
    ...spread(
      'audioJitter',
      micros((one) => one.audioJitterMs),
    ),
    ...spread(
      'rtt',
      micros((one) => (one.rttMs === 0 ? null : one.rttMs)),
    ),
    ...{ videoPacketsLost: video.one, videoPacketsReceived: video.other },
    ...{ audioPacketsLost: audio.one, audioPacketsReceived: audio.other },
    ...{ receivedBytes: bytes.one, sentBytes: bytes.other, transferMs: bytes.ms },
  };
}

/** The session's last segment as known at the horizon, without orchestrator and GPU. */
function naiveKey(events: readonly SessionEvent[], runs: readonly CapabilityRunRow[], endMs: number): string {
  const known = new NaiveSession(
    events.filter(({ eventAtMs }) => eventAtMs < endMs + 10 * MINUTE),
    runs,
  );
  const part = known.parts.at(-1);
  if (part === undefined) throw new Error('a session has a segment');
  const [gateway, , pipeline, model, , ...rest] = known.key(part).split('|');
  return [gateway, '', pipeline, model, '', ...rest].join('|');
}

function keyOf({ grains }: ResolvedSession, row: SessionIngestRow): string {
  const g = grains.find(({ grainId }) => grainId === row.grainId);
  if (g === undefined) throw new Error(`grain ${row.grainId} is not returned`);
  return [g.gateway, g.orchestratorAddress, g.pipeline, g.model, g.gpuId, g.region, g.isSynthetic].join('|');
}

describe('the ingest of a session', () => {
  it('is in each bucket what a naive recount of all its events says, under its identity there [domain 4.4]', () => {
    fc.assert(
      fc.property(fc.tuple(sessionEvents, capabilityRuns), ([events, runs]) => {
        const resolved = resolve(events, runs);
        for (const [rows, widthMs] of [
          [resolved.ingest5m, 5 * MINUTE],
          [resolved.ingest1h, HOUR],
        ] as const) {
          const sampled = events.filter(({ ingest }) => ingest !== null);
          const starts = new Set(sampled.map(({ eventAtMs }) => Math.floor(eventAtMs / widthMs) * widthMs));
          expect(new Set(rows.map(({ bucketStart }) => bucketStart.getTime()))).toEqual(starts);
          expect(rows).toHaveLength(starts.size);
          for (const row of rows) {
            const startMs = row.bucketStart.getTime();
            expect(row).toMatchObject(naiveRow(events, startMs, widthMs));
            expect(keyOf(resolved, row)).toBe(naiveKey(events, runs, startMs + widthMs));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('counts the growth of counters in the bucket of the later reading, and nothing of one that begins anew', () => {
    const reading = (seconds: number, bytes: number, lost: number, received: number) =>
      sample(TEN + seconds * SECOND, {
        ...{ bytesReceived: bytes, bytesSent: 0, videoPacketsLost: lost, videoPacketsReceived: received },
      });
    const { ingest5m } = resolve([
      reading(290, 1000, 1, 100),
      reading(295, 3000, 1, 200),
      reading(305, 4000, 4, 297),
      reading(310, 500, 0, 10),
      reading(315, 1500, 1, 19),
    ]);
    expect(ingest5m).toMatchObject([
      { sampleCount: 2, receivedBytes: 2000, transferMs: 5000, videoPacketsLost: 0, videoPacketsReceived: 100 },
      { sampleCount: 3, receivedBytes: 2000, transferMs: 15_000, videoPacketsLost: 4, videoPacketsReceived: 106 },
    ]);
  });

  it('takes a round trip of 0 as not measured, a jitter of 0 as measured, and rounds to whole µs', () => {
    const { ingest5m } = resolve([
      sample(TEN, { rttMs: 0, videoJitterMs: 0 }),
      sample(TEN + SECOND, { rttMs: 12.3456, videoJitterMs: 10.126770701625134 }),
      sample(TEN + 2 * SECOND, { rttMs: -1, videoJitterMs: 600_001 }),
    ]);
    expect(ingest5m).toMatchObject([
      {
        ...{ rttSampleCount: 1, rttUsSum: 12_346, rttUsHistogram: encodeSample(12_346) },
        ...{ videoJitterSampleCount: 2, videoJitterUsSum: 10_127, audioJitterSampleCount: 0 },
        audioJitterUsHistogram: encodeBins(new Map()),
      },
    ]);
  });

  it('has no row without a sample', () => {
    const { ingest5m, ingest1h } = resolve([event(TEN), event(TEN + HOUR)]);
    expect([...ingest5m, ...ingest1h]).toEqual([]);
  });
});
