import type { SimulatedTopic } from './options.js';

/** What one session message shows an observer; the ledger works from these, never from the bytes. */
export type SessionFact =
  | { family: 'trace'; type: string; eventMs: number; ownMs: number; orchestrator: number | null }
  | {
      family: 'status';
      eventMs: number;
      orchestrator: number | null;
      isRunning: boolean;
      hasOutput: boolean;
      startTimeMs: number;
      namesModel: boolean;
    }
  | {
      family: 'event';
      eventMs: number;
      orchestrator: number | null;
      isError: boolean;
      isExcusable: boolean;
      namesModel: boolean;
    }
  | { family: 'metrics'; eventMs: number };

/** One message as its producer made it, before the transport touches it. */
export interface Emission {
  topic: SimulatedTopic;
  /** When it happened, by the producer's clock. */
  atMs: number;
  json: string;
  /** Null for messages that belong to no session. */
  fact: SessionFact | null;
}

/** The gateway dialect's envelope; `data` is JSON text. */
export function envelope(id: string, family: string, atMs: number, gateway: string, data: string): string {
  return `{"id":"${id}","type":"${family}","timestamp":"${atMs}","gateway":"${gateway}","data":${data}}`;
}
