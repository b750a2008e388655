import { isUtf8 } from 'node:buffer';
import { contentHashOf } from '../domain/content-hash.js';
import { isObject, type JsonObject } from '../domain/json-fields.js';
import { exciseClientAddresses } from '../domain/privacy.js';
import { fitsLabel, isBlank, label } from '../domain/text.js';
import { chooseEventTimeMs, isAcceptableTime, parseInstantMs } from '../domain/time.js';
import type { IgnoreReason, RawMessage, RejectReason, Verdict } from '../domain/verdict.js';
import { type Envelope, readEnvelope } from './envelope.js';
import { CAPABILITIES } from './families/capabilities.js';
import { DISCOVERY } from './families/discovery.js';
import type { FamilyDecoder } from './families/family.js';
import { INGEST_METRICS } from './families/ingest-metrics.js';
import * as jobs from './families/jobs.js';
import { PAYMENT } from './families/payment.js';
import { STREAM_EVENT } from './families/stream-event.js';
import { STREAM_STATUS } from './families/stream-status.js';
import { STREAM_TRACE } from './families/stream-trace.js';
import { V1_FAMILIES } from './families/v1.js';

/** Families of the gateway dialect [INGEST-001]; every other is ignored. */
const GATEWAY_FAMILIES: ReadonlyMap<string, FamilyDecoder> = new Map([
  ['stream_trace', STREAM_TRACE],
  ['ai_stream_status', STREAM_STATUS],
  ['ai_stream_events', STREAM_EVENT],
  ['stream_ingest_metrics', INGEST_METRICS],
  ['network_capabilities', CAPABILITIES],
  ['discovery_results', DISCOVERY],
  ['create_new_payment', PAYMENT],
  ['create_signed_ticket', jobs.SIGNED_TICKET],
  ['ai_batch_request', jobs.AI_BATCH],
  ['ai_llm_request', jobs.LLM],
  ['job_gateway', jobs.BYOC_JOB],
  ['job_payment', jobs.BYOC_PAYMENT],
  ['job_orchestrator', jobs.BYOC_ORCHESTRATOR],
  ['job_auth', jobs.BYOC_AUTH],
  ['worker_lifecycle', jobs.WORKER_LIFECYCLE],
]);

const DEFAULT_MAX_MESSAGE_BYTES = 1_048_576;

export interface DecodeRules {
  readonly maxMessageBytes: number;
  /** v1 publishers we believe; null: all of them. */
  readonly trustedPublishers: ReadonlySet<string> | null;
}

export const DEFAULT_DECODE_RULES: DecodeRules = {
  maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
  trustedPublishers: null,
};

/**
 * The verdict on one message, by the checks of the contract's table in their order [INGEST-001, 002, 003, 004].
 *
 * Pure, and never throws whatever the bytes are. `too_late` and `duplicate` depend on what is stored: the warehouse
 * decides them.
 */
export function decode(message: RawMessage, rules: DecodeRules): Verdict {
  const { value } = message;
  if (value === null) {
    return unreadable(message, 'not_json', 'a tombstone');
  }
  if (value.byteLength > rules.maxMessageBytes) {
    return unreadable(message, 'oversize', `${value.byteLength} bytes, at most ${rules.maxMessageBytes}`);
  }
  const text = textOf(value);
  const parsed = text === null ? undefined : parseJson(text);
  if (text === null || parsed === undefined) {
    return unreadable(message, 'not_json', text === null ? 'not UTF-8' : 'not JSON');
  }
  if (!isObject(parsed)) {
    return unreadable(message, 'not_an_object', 'JSON, but not an object');
  }
  const envelope = readEnvelope(parsed);
  if (envelope.id === '' || !fitsLabel(envelope.id)) {
    const detail = envelope.id === '' ? 'no textual id' : 'the id is longer than 512 bytes';
    return unreadable(message, 'missing_id', detail);
  }
  if (envelope.type === '') {
    return unreadable(message, 'missing_type', 'no textual type');
  }
  const family = (envelope.v1 === null ? GATEWAY_FAMILIES : V1_FAMILIES).get(envelope.type);
  return family === undefined
    ? { kind: 'ignored', message, family: label(envelope.type), reason: 'unsupported_event_family' }
    : decodeFamily(message, value, text, envelope, family, rules);
}

/** Rejected before its family is known. */
function unreadable(message: RawMessage, reason: RejectReason, detail: string): Verdict {
  return { kind: 'rejected', message, family: '', reason, detail };
}

function decodeFamily(
  message: RawMessage,
  value: Uint8Array,
  text: string,
  envelope: Envelope,
  family: FamilyDecoder,
  rules: DecodeRules,
): Verdict {
  const outcome = judge(message, envelope, family, rules);
  switch (outcome.kind) {
    case 'ignored':
      return { kind: 'ignored', message, family: envelope.type, reason: outcome.reason };
    case 'rejected':
      return { kind: 'rejected', message, family: envelope.type, reason: outcome.reason, detail: outcome.detail };
    case 'fact':
      return {
        kind: 'accepted',
        event: {
          org: message.org,
          eventId: envelope.id,
          family: envelope.type,
          eventAtMs: outcome.eventAtMs,
          envelopeAtMs: outcome.envelopeAtMs,
          gateway: envelope.gateway,
          fact: outcome.fact,
          rawBytes: withoutClientAddresses(value, text),
          contentHash: contentHashOf(value),
          sequenceKey: sequenceKeyOf(envelope),
        },
      };
  }
}

type Outcome =
  | { readonly kind: 'ignored'; readonly reason: IgnoreReason }
  | { readonly kind: 'rejected'; readonly reason: RejectReason; readonly detail: string }
  | {
      readonly kind: 'fact';
      readonly fact: Exclude<ReturnType<FamilyDecoder['decode']>, { kind: 'mismatch' }>;
      readonly eventAtMs: number;
      readonly envelopeAtMs: number;
    };

/** The checks after the family is known. */
function judge(message: RawMessage, envelope: Envelope, family: FamilyDecoder, rules: DecodeRules): Outcome {
  const { v1, data, timestamp } = envelope;
  if (v1 !== null && v1.schemaVersion !== 'v1') {
    return rejected('unsupported_version', 'schema_version is not v1');
  }
  if (v1 !== null && rules.trustedPublishers !== null && !rules.trustedPublishers.has(v1.publisherId)) {
    return rejected('untrusted_publisher', 'publisher_id is not on the list of trusted publishers');
  }
  const envelopeAtMs = parseInstantMs(timestamp);
  if (envelopeAtMs === null) {
    // of v1 a missing field is a schema_mismatch, of the gateway dialect it is a bad timestamp
    return v1 !== null && isBlank(timestamp)
      ? rejected('schema_mismatch', 'timestamp_ms is missing')
      : rejected('bad_timestamp', isBlank(timestamp) ? 'no timestamp' : 'the timestamp does not parse');
  }
  const fields = isObject(data) ? data : null;
  const eventAtMs = fields === null ? envelopeAtMs : chooseEventTimeMs(envelopeAtMs, payloadTimestamp(family, fields));
  if (!isAcceptableTime(envelopeAtMs, message.brokerAtMs) || !isAcceptableTime(eventAtMs, message.brokerAtMs)) {
    return rejected('bad_timestamp', 'before 2000 or more than 10 minutes after the record time');
  }
  if (data === undefined && v1 === null) {
    return rejected('missing_data', 'neither data nor payload');
  }
  const noise = fields === null ? null : (family.ignore?.(fields) ?? null);
  if (noise !== null) {
    return { kind: 'ignored', reason: noise };
  }
  const fact = family.decode({
    type: envelope.type,
    eventId: envelope.id,
    eventAtMs,
    gateway: envelope.gateway,
    data,
    v1,
  });
  return fact.kind === 'mismatch'
    ? rejected('schema_mismatch', fact.detail)
    : { kind: 'fact', fact, eventAtMs, envelopeAtMs };
}

function rejected(reason: RejectReason, detail: string): Outcome {
  return { kind: 'rejected', reason, detail };
}

function payloadTimestamp(family: FamilyDecoder, data: JsonObject): unknown {
  return family.payloadTimestamp === undefined ? data.timestamp : family.payloadTimestamp(data);
}

/** The second duplicate key of v1: publishers restart their sequence at 1, so the time is part of it [domain 2.5]. */
function sequenceKeyOf({ v1, type, data }: Envelope): string | null {
  const sequence = v1 !== null && isObject(data) ? label(data.sequence) : '';
  return v1 === null || sequence === ''
    ? null
    : [v1.publisherId, type, sequence, String(parseInstantMs(v1.timestamp))].join('\0');
}

function textOf(value: Uint8Array): string | null {
  return isUtf8(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8') : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The bytes as sent where they hold no client address, so that most messages are never encoded again. */
function withoutClientAddresses(value: Uint8Array, text: string): Uint8Array {
  const excised = exciseClientAddresses(text);
  return excised === text ? value : Buffer.from(excised);
}
