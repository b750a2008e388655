import { emptyIngest, type IngestQuality, type Meter, type Spread } from './ingest-quality.js';

type SpreadJson = readonly [count: number, sumUs: number, bins: readonly (readonly [bin: number, count: number])[]] | 0;
type ReadingJson = readonly [at: number, one: number, other: number] | null;
type MeterJson = readonly [first: ReadingJson, last: ReadingJson, one: number, other: number, ms: number] | 0;

/** Quality of ingest as compact JSON; 0 stands for what is empty. */
export type IngestJson = readonly [
  samples: number,
  good: number,
  bad: number,
  other: number,
  videoJitter: SpreadJson,
  audioJitter: SpreadJson,
  rtt: SpreadJson,
  transfer: MeterJson,
  videoPackets: MeterJson,
  audioPackets: MeterJson,
];

/** Equal for equal qualities. */
export function encodeIngest(quality: IngestQuality): IngestJson {
  return [
    quality.sampleCount,
    quality.goodCount,
    quality.badCount,
    quality.otherQualityCount,
    encodeSpread(quality.videoJitter),
    encodeSpread(quality.audioJitter),
    encodeSpread(quality.rtt),
    encodeMeter(quality.transfer),
    encodeMeter(quality.videoPackets),
    encodeMeter(quality.audioPackets),
  ];
}

/** The quality that `encodeIngest` was given. */
export function decodeIngest(json: IngestJson): IngestQuality {
  const [sampleCount, goodCount, badCount, otherQualityCount, videoJitter, audioJitter, rtt, ...meters] = json;
  const [transfer, videoPackets, audioPackets] = meters;
  const quality = { ...emptyIngest(), sampleCount, goodCount, badCount, otherQualityCount };
  fillSpread(quality.videoJitter, videoJitter);
  fillSpread(quality.audioJitter, audioJitter);
  fillSpread(quality.rtt, rtt);
  fillMeter(quality.transfer, transfer);
  fillMeter(quality.videoPackets, videoPackets);
  fillMeter(quality.audioPackets, audioPackets);
  return quality;
}

function encodeSpread({ count, sumUs, bins }: Spread): SpreadJson {
  return count === 0 ? 0 : [count, sumUs, [...bins].sort(([a], [b]) => a - b)];
}

function fillSpread(spread: Spread, json: SpreadJson): void {
  if (json === 0) return;
  const [count, sumUs, bins] = json;
  spread.count = count;
  spread.sumUs = sumUs;
  for (const [bin, of] of bins) spread.bins.set(bin, of);
}

function encodeMeter({ first, last, one, other, ms }: Meter): MeterJson {
  return last === null ? 0 : [first, last, one, other, ms];
}

function fillMeter(meter: Meter, json: MeterJson): void {
  if (json === 0) return;
  [meter.first, meter.last, meter.one, meter.other, meter.ms] = json;
}
