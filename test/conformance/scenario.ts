import type { SourceKey } from '../../src/warehouse/stores/source-store.js';
import type { Answer } from '../e2e/naap.js';
import type { Message } from './messages.js';
import type { RuleId } from './rules.js';

/** The public surfaces, asked as anybody would: over HTTP. */
export interface PublicApi {
  /** The data of a GraphQL answer without errors, given at an instant; by default long after the scenarios. */
  ask(query: string, atIso?: string): Promise<Answer>;
  /** The body of a JSON answer of a path, given at an instant. */
  get(path: string, atIso?: string): Promise<Answer>;
  /** The rows of a panel of the dashboards over a span of time, as Grafana asks for them. */
  panel(title: string, fromIso: string, toIso: string): Promise<readonly Record<string, unknown>[]>;
}

/** What the contract says of a scenario, worked out by hand, and which rules would break without it. */
export interface Check {
  readonly rules: readonly RuleId[];
  /** What is true, in a sentence that a stranger can hold against the messages. */
  readonly says: string;
  run(api: PublicApi): Promise<void>;
}

/**
 * `send` is one transaction of ingest; `settle` resolves, refreshes and scores with an instant as now; `maintain` is the
 * hourly maintenance of an instant, retention included.
 */
export type Step = { readonly send: readonly Message[] } | { readonly settle: string } | { readonly maintain: string };

export interface Scenario {
  readonly name: string;
  /** Where its messages are read from; by default a topic named after it. */
  readonly source?: Omit<SourceKey, 'clusterId'>;
  readonly org?: string;
  /** The only v1 publishers that are believed, as an operator may configure; by default all are. */
  readonly trustedPublishers?: readonly string[];
  readonly steps: readonly Step[];
  readonly checks: readonly Check[];
}

/** Rules that still wait for something the system does not do yet; they count as missing, never as passed. */
export interface Awaited {
  readonly what: string;
  readonly rules: readonly RuleId[];
}

/** Every scenario lives on days of its own; this is after them all. */
export const AFTERWARDS = '2026-03-20T00:00:00Z';
