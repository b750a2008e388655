import { envelope } from './emission.js';
import type { FaultOptions } from './options.js';
import type { Random } from './random.js';

/** What the transport does to one message. */
export interface Fate {
  isDropped: boolean;
  delayMs: number;
  /** After the first copy; null when there is no second. */
  copyAfterMs: number | null;
  hasGarbage: boolean;
}

/** From being made to the broker when nothing goes wrong. */
const transitMs = 150;

/** Purpose of a source's fault stream; the outcomes draw from the same. */
export const faultPurpose = (purpose: string): string => `faults of ${purpose}`;

/** Draws the same numbers for the same faults, so that a plan can foresee what a run will do. */
export function drawFate(random: Random, faults: FaultOptions): Fate {
  const isDropped = random.chance(faults.dropRatio);
  const jitterMs = faults.shuffleWindowMs > 0 ? random.integer(0, faults.shuffleWindowMs) : 0;
  const lateMs = random.chance(faults.lateRatio) ? Math.round(120_000 * 120 ** random.unit()) : 0;
  const isCopied = random.chance(faults.duplicateRatio);
  const copyAfterMs = !isCopied ? null : random.chance(0.5) ? 0 : random.integer(1_000, 600_000);
  return {
    isDropped,
    delayMs: transitMs + jitterMs + lateMs,
    copyAfterMs,
    hasGarbage: random.chance(faults.garbageRatio),
  };
}

/** A byte more than the product accepts. */
const oversizeBytes = 1_048_577;

/** A message that no rule may accept; never contains a line end. One in 32 would be good but for its size. */
export function garbageMessage(random: Random, atMs: number): Buffer {
  const id = random.uuid();
  const trace = `{"type":"gateway_receive_stream_request","stream_id":"garbage","request_id":"${random.hex(8)}","timestamp":${atMs}}`;
  const farMs = Date.UTC(2099, 0, 1);
  const write = random.pick<() => Buffer | string>([
    () => '',
    () => 'not json at all',
    () => '{"id":"cut short',
    () => Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc0]),
    () => '[1,2,3]',
    () => `{"type":"stream_trace","timestamp":"${atMs}","gateway":"","data":${trace}}`,
    () => `{"id":"${id}","timestamp":"${atMs}","gateway":"","data":${trace}}`,
    () => `{"id":"${id}","type":"stream_trace","timestamp":"${atMs}","gateway":""}`,
    () => `{"id":"${id}","type":"stream_trace","timestamp":"yesterday","gateway":"","data":${trace}}`,
    () => envelope(id, 'stream_trace', farMs, '', trace.replace(`"timestamp":${atMs}`, `"timestamp":${farMs}`)),
    () => envelope(id, 'ai_stream_status', atMs, '', '{"type":"status","state":"ONLINE"}'),
    () => envelope(id, 'ai_stream_events', atMs, '', '{"stream_id":"garbage"}'),
    () => envelope(id, 'stream_ingest_metrics', atMs, '', '{"stream_id":"garbage"}'),
    () => envelope(id, 'network_capabilities', atMs, '', '"everything"'),
    () => envelope(id, 'discovery_results', atMs, '', '[]'),
    () => envelope(id, 'create_new_payment', atMs, '', '{"sessionID":"garbage"}'),
    () =>
      `{"event_id":"${id}","event_type":"gateway.request.start","timestamp_ms":${atMs},"publisher_id":"sim","publisher_type":"gateway","payload":{}}`,
  ]);
  if (Number.parseInt(id.slice(0, 2), 16) < 8) {
    const padding = 'x'.repeat(oversizeBytes);
    return Buffer.from(envelope(id, 'stream_trace', atMs, '', trace.replace('{', `{"padding":"${padding}",`)));
  }
  return Buffer.from(write());
}
