import { describe, expect, it } from 'vitest';
import type { SessionEvent, TransportSample } from '../../../src/domain/event.js';
import { utilisationMicro } from '../../../src/domain/readings.js';
import { encodePrefix } from '../../../src/domain/session-prefix.js';
import { HOUR, MINUTE, resolve, SECOND, status, TEN } from './session-samples.js';

const A = { url: 'https://a' };
const B = { url: 'https://b' };
const NOTHING: TransportSample = {
  ...{
    publisherId: 'runner-1',
    gpuUuid: '',
    gpuModel: '',
    gpuMemoryBytes: null,
    gpuUtilisation: null,
    cudaVersion: '',
  },
  ...{ txBytes: null, rxBytes: null, txMbps: null, rxMbps: null, samplingIntervalMs: null },
  ...{ achievedFlops: null, peakFlops: null },
};

const sample = (atMs: number, read: Partial<TransportSample>, by = A): SessionEvent =>
  status(atMs, 20, by, { name: 'runner.metrics.sample', transport: { ...NOTHING, ...read } });

/** `[samples, bytes, ms]` sent in each 5 minutes. */
function sent(events: readonly SessionEvent[]): readonly (readonly [number, string, number])[] {
  return resolve(events).buckets5m.map((row) => [row.txSampleCount, row.txBytesSum, row.txMsSum]);
}

describe('bandwidth', () => {
  it('is what a counter grew by, in the bucket of its second reading', () => {
    const events = [
      sample(TEN, { txBytes: 1000 }),
      sample(TEN + 10 * SECOND, { txBytes: 4000 }),
      sample(TEN + 5 * MINUTE, { txBytes: 9000 }),
    ];
    expect(sent(events)).toEqual([
      [2, '3000', 10_000],
      [1, '5000', 290_000],
    ]);
  });

  it('knows nothing of the time in which a counter began again', () => {
    const counted = [1000, 4000, 500, 700].map((txBytes, n) => sample(TEN + n * 10 * SECOND, { txBytes }));
    expect(sent(counted)).toEqual([[4, '3200', 20_000]]);
  });

  it('is apart for each publisher, and goes on whoever serves, for whom the second reading shows', () => {
    const events = [
      sample(TEN, { txBytes: 1000 }),
      sample(TEN + SECOND, { txBytes: 10, publisherId: 'runner-2' }, B),
      sample(TEN + 2 * SECOND, { txBytes: 3000 }, A),
    ];
    const rows = resolve(events).segments;
    expect(rows).toHaveLength(3);
    expect(sent(events).filter(([, bytes]) => bytes !== '0')).toEqual([[expect.any(Number), '2000', 2000]]);
  });

  it('is a rate times its interval where no counter is sent; without an interval it weighs nothing', () => {
    const rated = [
      sample(TEN, { txMbps: 8, samplingIntervalMs: 5000 }),
      sample(TEN + 5 * SECOND, { txMbps: 4, samplingIntervalMs: 15_000 }),
      sample(TEN + 6 * SECOND, { txMbps: 1e9, samplingIntervalMs: 1000 }),
      sample(TEN + 7 * SECOND, { txMbps: 4 }),
      sample(TEN + 8 * SECOND, { txMbps: 4, txBytes: 77, samplingIntervalMs: 5000 }),
    ];
    expect(sent(rated)).toEqual([[4, '12500000', 20_000]]);
  });

  it('counts the first 32 publishers of a session, and keeps no more, however many are invented', () => {
    const invented = Array.from({ length: 4 * 60 }, (_, minute) => minute).flatMap((minute) =>
      ['', 'again'].map((again) =>
        sample(TEN + minute * MINUTE + again.length * SECOND, {
          txBytes: 10 + again.length,
          publisherId: `p${minute}`,
        }),
      ),
    );
    const all = resolve(invented);
    expect(all.buckets5m.reduce((sum, row) => sum + Number(row.txBytesSum), 0)).toBe(32 * 5);
    const { prefix } = resolve(invented, [], {});
    if (prefix === null) throw new Error('a session of hours has a prefix');
    expect(prefix.fold.runs.flatMap(({ cell }) => [...(cell.readings?.tx.counters.keys() ?? [])])).toHaveLength(32);
    const tail = resolve(invented, [], { prefix, dirtyFromMs: TEN + 4 * HOUR - 5 * MINUTE });
    expect(tail.buckets5m).toEqual(all.buckets5m.filter((row) => row.bucketStart.getTime() >= tail.rewritten5mFromMs));
    expect(JSON.stringify(encodePrefix(prefix)).length).toBeLessThan(20_000);
  });
});

describe('GPU readings', () => {
  it('read a ratio up to 1 and percent above; anything else is none', () => {
    expect([0, 0.25, 1, 50, 100].map(utilisationMicro)).toEqual([0, 250_000, 1_000_000, 500_000, 1_000_000]);
    expect([null, -0.1, 100.5].map(utilisationMicro)).toEqual([null, null, null]);
  });

  it('sum achieved and peak operations of the samples that carry both', () => {
    const [row] = resolve([
      sample(TEN, { achievedFlops: 4e13, peakFlops: 8e13, gpuUtilisation: 0.5 }),
      sample(TEN + SECOND, { achievedFlops: 6e13, peakFlops: 8e13 }),
      sample(TEN + 2 * SECOND, { achievedFlops: 6e13 }),
      sample(TEN + 3 * SECOND, { achievedFlops: 6e13, peakFlops: 0 }),
    ]).buckets5m;
    expect(row).toMatchObject({
      ...{ flopsSampleCount: 2, achievedFlopsSum: '100000000000000', peakFlopsSum: '160000000000000' },
      ...{ gpuUtilisationSampleCount: 1, gpuUtilisationSum: '0.500000' },
    });
  });

  it('keep the newest of each GPU under its public id, in any order', () => {
    const older = sample(TEN, { gpuUuid: 'u1', gpuModel: 'RTX 4090', cudaVersion: '12.2' });
    const newer = sample(TEN + HOUR, { gpuUuid: 'u1', gpuModel: 'RTX 4090', cudaVersion: '12.4', gpuUtilisation: 70 });
    const other = sample(TEN + MINUTE, { gpuUuid: 'u2' });
    const readings = resolve([newer, other, older]).gpuReadings;
    expect(readings.map(({ gpuId, cudaVersion, utilisation }) => [gpuId, cudaVersion, utilisation])).toEqual([
      ['gpu_u1', '12.4', '0.700000'],
      ['gpu_u2', '', null],
    ]);
    expect(readings[0]?.readAt.getTime()).toBe(TEN + HOUR);
  });
});
