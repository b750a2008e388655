import type { JsonObject } from '../domain/json-fields.js';
import { isBlank, label, lowerLabel, storable } from '../domain/text.js';

/** What the spec dialect says beside the event itself [domain 2.5]. */
export interface V1Envelope {
  readonly publisherId: string;
  readonly publisherType: string;
  readonly region: string;
  readonly schemaVersion: string;
  readonly timestamp: unknown;
}

/** The parts of a message common to both dialects, not yet checked. */
export interface Envelope {
  /** `''` when there is no textual id. */
  readonly id: string;
  /** `''` when there is no textual type. */
  readonly type: string;
  readonly timestamp: unknown;
  /** Undefined when missing or blank. */
  readonly data: unknown;
  readonly gateway: string;
  /** Null in the gateway dialect. */
  readonly v1: V1Envelope | null;
}

/** Takes a message apart in its dialect: `event_type` or `event_id` makes it v1. */
export function readEnvelope(message: JsonObject): Envelope {
  return isBlank(message.event_type) && isBlank(message.event_id) ? gatewayEnvelope(message) : v1Envelope(message);
}

function gatewayEnvelope(message: JsonObject): Envelope {
  return {
    id: textOf(message.id),
    type: textOf(message.type),
    timestamp: message.timestamp,
    data: isBlank(message.data) ? presence(message.payload) : message.data,
    gateway: lowerLabel(message.gateway),
    v1: null,
  };
}

function v1Envelope(message: JsonObject): Envelope {
  const type = textOf(message.event_type);
  const publisherId = label(message.publisher_id);
  return {
    id: textOf(message.event_id),
    type,
    timestamp: message.timestamp_ms,
    data: presence(message.payload),
    gateway: type.startsWith('gateway.') ? publisherId.toLowerCase() : '',
    v1: {
      publisherId,
      publisherType: label(message.publisher_type),
      region: label(message.region),
      schemaVersion: label(message.schema_version),
      timestamp: message.timestamp_ms,
    },
  };
}

function presence(value: unknown): unknown {
  return isBlank(value) ? undefined : value;
}

function textOf(value: unknown): string {
  return typeof value === 'string' && value.trim() !== '' ? storable(value) : '';
}
