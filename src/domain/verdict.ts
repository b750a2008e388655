import type { TelemetryEvent } from './event.js';

/** One message as it lay in its source, before anything is known of it. */
export interface RawMessage {
  readonly org: string;
  /** Kafka offset, or line of a file from 0. */
  readonly offset: number;
  /** Null for a tombstone. */
  readonly value: Uint8Array | null;
  /** The broker's record time, never later than the time of reading; the time of reading for a file. */
  readonly brokerAtMs: number;
  /** When we read it. */
  readonly receivedAtMs: number;
}

export type IgnoreReason =
  | 'unsupported_event_family'
  | 'ignored_stream_trace_non_core_app'
  | 'ignored_stream_trace_scope_client_noise'
  | 'unsupported_stream_trace_type';

export type RejectReason =
  | 'oversize'
  | 'not_json'
  | 'not_an_object'
  | 'missing_id'
  | 'missing_type'
  | 'unsupported_version'
  | 'untrusted_publisher'
  | 'bad_timestamp'
  | 'missing_data'
  | 'schema_mismatch'
  | 'too_late';

/** What becomes of a message, but for `too_late` and `duplicate`, which the warehouse decides [INGEST-004]. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly event: TelemetryEvent }
  | { readonly kind: 'ignored'; readonly message: RawMessage; readonly family: string; readonly reason: IgnoreReason }
  | {
      readonly kind: 'rejected';
      readonly message: RawMessage;
      /** `''` when the message did not get as far as a known family. */
      readonly family: string;
      readonly reason: RejectReason;
      /** What was wrong, in our words: never text of the message. */
      readonly detail: string;
    };

export type VerdictKind = Verdict['kind'] | 'duplicate';

/** A message and what was decided about it. */
export interface JudgedMessage {
  readonly message: RawMessage;
  readonly verdict: Verdict;
}
