import { encodeBins } from './bins.js';
import { absorbIngest, copyIngest, type IngestQuality, lastReadings, type Spread } from './ingest-quality.js';
import { HORIZON_MS } from './time.js';

/** A row of `core.session_ingest_5m` or `_1h`: one session in one bucket; histograms are of µs. */
export interface SessionIngestRow {
  readonly bucketStart: Date;
  readonly org: string;
  readonly sessionKey: string;
  readonly grainId: string;
  readonly sampleCount: number;
  readonly goodCount: number;
  readonly badCount: number;
  readonly otherQualityCount: number;
  readonly videoJitterSampleCount: number;
  readonly videoJitterUsSum: number;
  readonly videoJitterUsHistogram: string;
  readonly audioJitterSampleCount: number;
  readonly audioJitterUsSum: number;
  readonly audioJitterUsHistogram: string;
  readonly rttSampleCount: number;
  readonly rttUsSum: number;
  readonly rttUsHistogram: string;
  readonly videoPacketsLost: number;
  readonly videoPacketsReceived: number;
  readonly audioPacketsLost: number;
  readonly audioPacketsReceived: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly transferMs: number;
}

/**
 * Gathers, bucket by bucket of one width, what a session's slices say of its ingest. A sample counts in its bucket, the
 * growth of a counter in the bucket of the later of two readings.
 */
export class IngestPeriods {
  readonly #buckets = new Map<number, IngestQuality>();
  readonly #pending: number[] = [];
  #before: IngestQuality | null = null;

  /** `fromMs`: buckets before it are not judged. */
  constructor(
    private readonly widthMs: number,
    private readonly fromMs: number,
  ) {}

  /** Tells what came before the slices. */
  seed(ingest: IngestQuality | null): void {
    this.#before = ingest;
  }

  /** Adds a slice; slices come in order, each once the buckets due before it were taken. */
  add(sliceStartMs: number, ingest: IngestQuality | null): void {
    if (ingest === null) return;
    const startMs = Math.floor(sliceStartMs / this.widthMs) * this.widthMs;
    const known = this.#buckets.get(startMs);
    const bucket = known ?? (this.#before === null ? copyIngest(ingest) : lastReadings(this.#before));
    if (known !== undefined || this.#before !== null) absorbIngest(bucket, ingest);
    if (known === undefined) {
      this.#buckets.set(startMs, bucket);
      if (startMs >= this.fromMs) this.#pending.push(startMs);
    }
    this.#before = bucket;
  }

  /** Takes the buckets to judge before a slice is added, oldest first: their horizon ends at or before it. */
  takeDue(nextSliceMs: number): readonly (readonly [startMs: number, quality: IngestQuality])[] {
    const due = this.#pending.filter((start) => start + this.widthMs + HORIZON_MS <= nextSliceMs);
    this.#pending.splice(0, due.length);
    return due.flatMap((startMs) => {
      const quality = this.#buckets.get(startMs);
      return quality === undefined ? [] : [[startMs, quality] as const];
    });
  }
}

/** What a bucket says of a session whose identity without orchestrator and GPU is `grainId`. */
export function ingestRow(
  name: { readonly org: string; readonly sessionKey: string; readonly grainId: string },
  bucketStartMs: number,
  quality: IngestQuality,
): SessionIngestRow {
  const { transfer, videoPackets, audioPackets, videoJitter, audioJitter, rtt } = quality;
  const histogram = ({ bins }: Spread): string => encodeBins(bins);
  return {
    bucketStart: new Date(bucketStartMs),
    org: name.org,
    sessionKey: name.sessionKey,
    grainId: name.grainId,
    sampleCount: quality.sampleCount,
    goodCount: quality.goodCount,
    badCount: quality.badCount,
    otherQualityCount: quality.otherQualityCount,
    videoJitterSampleCount: videoJitter.count,
    videoJitterUsSum: videoJitter.sumUs,
    videoJitterUsHistogram: histogram(videoJitter),
    audioJitterSampleCount: audioJitter.count,
    audioJitterUsSum: audioJitter.sumUs,
    audioJitterUsHistogram: histogram(audioJitter),
    rttSampleCount: rtt.count,
    rttUsSum: rtt.sumUs,
    rttUsHistogram: histogram(rtt),
    videoPacketsLost: videoPackets.one,
    videoPacketsReceived: videoPackets.other,
    audioPacketsLost: audioPackets.one,
    audioPacketsReceived: audioPackets.other,
    receivedBytes: transfer.one,
    sentBytes: transfer.other,
    transferMs: transfer.ms,
  };
}
