import type { Fact } from './facts.js';
import type { SimulatedTopic } from './options.js';

/** One message as its producer made it, before the transport touches it. */
export interface Emission {
  topic: SimulatedTopic;
  /** When it happened, by the producer's clock. */
  atMs: number;
  json: string;
  /** What it shows; null for messages that no outcome depends on. */
  fact: Fact | null;
}

/** The gateway dialect's envelope; `data` is JSON text. */
export function envelope(id: string, family: string, atMs: number, gateway: string, data: string): string {
  return `{"id":"${id}","type":"${family}","timestamp":"${atMs}","gateway":"${gateway}","data":${data}}`;
}
