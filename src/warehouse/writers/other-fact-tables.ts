import type { OtherFactRow, OtherFactTable } from '../../domain/event.js';
import type { CopyType } from '../copy-row.js';
import { type Column, type CopyTable, copyTable, named, text, timestamptz } from './copy-table.js';

/** What every table of one row per event begins with. */
export const ENVELOPE: Readonly<Record<string, Column<unknown>>> = {
  event_at: timestamptz((_, { event }) => event.eventAtMs),
  org: text((_, { event }) => event.org),
  event_id: text((_, { event }) => event.eventId),
  gateway: text((_, { event }) => event.gateway),
};

/** A table whose rows are records by column name. */
function otherFact(table: OtherFactTable, types: Readonly<Record<string, CopyType>>): CopyTable<OtherFactRow> {
  const own = Object.entries(types).map(([name, type]) => [name, named(name, type)] as const);
  return copyTable<OtherFactRow>(`fact.${table}`, { ...ENVELOPE, ...Object.fromEntries(own) });
}

const BYOC = { name: 'text', request_id: 'text', capability: 'text', orch_address: 'text', orch_url: 'text' } as const;

/** The remaining families: beside the envelope, the keys of the family's row. */
export const OTHER_FACTS: Readonly<Record<OtherFactTable, CopyTable<OtherFactRow>>> = {
  signed_ticket: otherFact('signed_ticket', {
    session_id: 'text',
    request_id: 'text',
    pipeline: 'text',
    orch_address: 'text',
    orch_url: 'text',
    billable_seconds: 'numeric',
    pixels: 'numeric',
    computed_fee: 'numeric',
    sequence_number: 'int8',
  }),
  discovery_result: otherFact('discovery_result', {
    orch_addresses: 'text[]',
    orch_urls: 'text[]',
    latencies_ms: 'text[]',
  }),
  ai_batch_event: otherFact('ai_batch_event', {
    name: 'text',
    request_id: 'text',
    pipeline: 'text',
    model: 'text',
    is_success: 'bool',
    tries: 'int4',
    duration_ms: 'int8',
    orch_url: 'text',
    latency_score: 'float8',
    price_per_unit: 'numeric',
    error_type: 'text',
    error: 'text',
  }),
  llm_event: otherFact('llm_event', {
    name: 'text',
    request_id: 'text',
    model: 'text',
    orch_url: 'text',
    prompt_tokens: 'int8',
    completion_tokens: 'int8',
    total_tokens: 'int8',
    ttft_ms: 'float8',
    tokens_per_second: 'float8',
    total_duration_ms: 'float8',
    error: 'text',
  }),
  byoc_job_event: otherFact('byoc_job_event', {
    ...BYOC,
    is_success: 'bool',
    duration_ms: 'int8',
    http_status: 'int4',
    worker_url: 'text',
    error: 'text',
  }),
  byoc_payment_event: otherFact('byoc_payment_event', {
    ...BYOC,
    amount: 'text',
    currency: 'text',
  }),
  byoc_orchestrator_event: otherFact('byoc_orchestrator_event', {
    ...BYOC,
    worker_url: 'text',
    duration_ms: 'int8',
    http_status: 'int4',
    error: 'text',
  }),
  byoc_auth_event: otherFact('byoc_auth_event', {
    ...BYOC,
    is_success: 'bool',
    error: 'text',
  }),
  worker_lifecycle_event: otherFact('worker_lifecycle_event', {
    name: 'text',
    capability: 'text',
    orch_address: 'text',
    orch_url: 'text',
    worker_url: 'text',
    price_per_unit: 'numeric',
    models: 'text[]',
  }),
  v1_event: otherFact('v1_event', {
    name: 'text',
    publisher_id: 'text',
    publisher_type: 'text',
    region: 'text',
    orch_address: 'text',
    trace_id: 'text',
    session_id: 'text',
    sequence: 'int8',
  }),
};
