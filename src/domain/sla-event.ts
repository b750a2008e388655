import { createHash } from 'node:crypto';
import type { SlaInputs } from './sla-inputs.js';
import type { Subscore } from './sla-score.js';

/** A stored result as it is published; blank text for unknown dimensions. */
export interface PublishedResult {
  /** Number of the result: grows, so that of one key the greatest is in force. */
  readonly scoreId: string;
  readonly grainId: string;
  readonly width: '5m' | '1h';
  readonly startMs: number;
  readonly computedAtMs: number;
  readonly watermarkMs: number | null;
  readonly org: string;
  readonly gateway: string;
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
  readonly gpuId: string;
  readonly region: string;
  readonly isSynthetic: boolean;
  readonly scoringVersion: string;
  readonly score: number | null;
  readonly subscores: readonly Subscore[];
  readonly inputs: Partial<SlaInputs>;
  readonly isWithdrawn: boolean;
}

const PUBLISHER_ID = 'naap-data-api';
const WIDTH_MS = { '5m': 300_000, '1h': 3_600_000 } as const;

/**
 * A result as a v1 event `sla.compliance.score`.
 *
 * Its id follows from the result alone, so a result that is published twice is the same event. The key is that of the
 * group: its results stay in one partition, a correction after what it corrects.
 */
export function scoreEvent(result: PublishedResult): { readonly key: string; readonly value: string } {
  const { width, startMs, scoringVersion, score, subscores, inputs, isWithdrawn, isSynthetic } = result;
  const known = (text: string): string | null => (text === '' ? null : text);
  const event = {
    event_id: eventId(result),
    schema_version: 'v1',
    event_type: 'sla.compliance.score',
    timestamp_ms: result.computedAtMs,
    publisher_id: PUBLISHER_ID,
    publisher_type: 'sla',
    ...(result.region !== '' && { region: result.region }),
    payload: {
      result_id: result.scoreId,
      window: width,
      window_start_ms: startMs,
      window_end_ms: startMs + WIDTH_MS[width],
      org: result.org,
      gateway: known(result.gateway),
      node_addr: known(result.orchestratorAddress),
      pipeline_id: known(result.pipeline),
      model_id: known(result.model),
      gpu_id: known(result.gpuId),
      region: known(result.region),
      is_synthetic: isSynthetic,
      scoring_version: scoringVersion,
      score,
      is_withdrawn: isWithdrawn,
      subscores: subscores.map(({ name, value, weight, of, sampleCount, raw }) => {
        return { name, value, weight, of, sample_count: sampleCount, raw };
      }),
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [snakeCase(name), value])),
      computed_at_ms: result.computedAtMs,
      input_watermark_ms: result.watermarkMs,
    },
  };
  return { key: result.grainId, value: JSON.stringify(event) };
}

/** A uuid (version 8: the first bytes of a SHA-256) of what makes a result that one and no other. */
function eventId({ scoreId, grainId, width, startMs, scoringVersion, computedAtMs }: PublishedResult): string {
  const text = JSON.stringify(['sla.compliance.score', scoreId, grainId, width, startMs, scoringVersion, computedAtMs]);
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
