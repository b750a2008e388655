import type { OtherFactRow, OtherFactTable } from '../../domain/event.js';
import {
  booleanOf,
  int4Of,
  integerOf,
  isObject,
  type JsonObject,
  numberOf,
  objectAt,
  objectsOf,
} from '../../domain/json-fields.js';
import { formatDecimal, parseDecimal } from '../../domain/money.js';
import { freeText, isBlank, label, lowerLabel } from '../../domain/text.js';
import { type FamilyDecoder, mismatch } from './family.js';

/** Families of requests, jobs and tickets: one row each, nothing required but an object [domain 4.2]. */
function rowFamily(table: OtherFactTable, readRow: (data: JsonObject) => OtherFactRow | null): FamilyDecoder {
  return {
    decode: ({ data }) => {
      if (!isObject(data)) {
        return mismatch('data is not an object');
      }
      const row = readRow(data);
      return row === null ? mismatch('an amount is unusable') : { kind: 'other', table, row };
    },
  };
}

function orchestratorOf(data: JsonObject): { readonly orch_address: string; readonly orch_url: string } {
  const info = objectAt(data, 'orchestrator_info');
  return {
    orch_address: lowerLabel(data.orch_address) || lowerLabel(data.orchestrator_address) || lowerLabel(info.address),
    orch_url: lowerLabel(data.orch_url) || lowerLabel(data.orchestrator_url) || lowerLabel(info.url),
  };
}

/** Exact decimal text; null when blank, undefined when unusable. */
function amountOf(value: unknown): string | null | undefined {
  if (isBlank(value)) {
    return null;
  }
  const decimal = parseDecimal(value);
  return decimal === null ? undefined : formatDecimal(decimal);
}

export const SIGNED_TICKET = rowFamily('signed_ticket', (data) => {
  const billable = amountOf(data.billable_secs);
  const pixels = amountOf(data.pixels);
  const fee = amountOf(data.computed_fee);
  return billable === undefined || pixels === undefined || fee === undefined
    ? null
    : {
        session_id: label(data.session_id),
        request_id: label(data.request_id),
        pipeline: label(data.pipeline),
        ...orchestratorOf(data),
        billable_seconds: billable,
        pixels,
        computed_fee: fee,
        sequence_number: integerOf(data.sequence_number),
      };
});

export const AI_BATCH = rowFamily('ai_batch_event', (data) => {
  const price = amountOf(data.price_per_unit);
  return price === undefined
    ? null
    : {
        name: label(data.type),
        request_id: label(data.request_id),
        pipeline: label(data.pipeline),
        model: label(data.model) || label(data.model_id),
        is_success: booleanOf(data.success),
        tries: int4Of(data.tries),
        duration_ms: integerOf(data.duration_ms),
        orch_url: orchestratorOf(data).orch_url,
        latency_score: numberOf(data.latency_score),
        price_per_unit: price,
        error_type: label(data.error_type),
        error: freeText(data.error),
      };
});

export const LLM = rowFamily('llm_event', (data) => ({
  name: label(data.type),
  request_id: label(data.request_id),
  model: label(data.model) || label(data.model_id),
  orch_url: orchestratorOf(data).orch_url,
  prompt_tokens: integerOf(data.prompt_tokens),
  completion_tokens: integerOf(data.completion_tokens),
  total_tokens: integerOf(data.total_tokens),
  ttft_ms: numberOf(data.ttft_ms),
  tokens_per_second: numberOf(data.tokens_per_second),
  total_duration_ms: numberOf(data.total_duration_ms),
  error: freeText(data.error),
}));

/** What the BYOC families share: the event's name, its request (often blank), the capability and who runs it. */
function byocRow(data: JsonObject): OtherFactRow {
  return {
    name: label(data.type),
    request_id: label(data.request_id),
    capability: label(data.capability),
    ...orchestratorOf(data),
  };
}

export const BYOC_JOB = rowFamily('byoc_job_event', (data) => ({
  ...byocRow(data),
  is_success: booleanOf(data.success),
  duration_ms: integerOf(data.duration_ms),
  http_status: int4Of(data.http_status),
  worker_url: lowerLabel(data.worker_url),
  error: freeText(data.error),
}));

export const BYOC_PAYMENT = rowFamily('byoc_payment_event', (data) => ({
  ...byocRow(data),
  amount: label(data.amount),
  currency: label(data.currency),
}));

export const BYOC_ORCHESTRATOR = rowFamily('byoc_orchestrator_event', (data) => ({
  ...byocRow(data),
  worker_url: lowerLabel(data.worker_url),
  duration_ms: integerOf(data.duration_ms),
  http_status: int4Of(data.http_status),
  error: freeText(data.error),
}));

export const BYOC_AUTH = rowFamily('byoc_auth_event', (data) => ({
  ...byocRow(data),
  is_success: booleanOf(data.success),
  error: freeText(data.error),
}));

export const WORKER_LIFECYCLE = rowFamily('worker_lifecycle_event', (data) => {
  const price = amountOf(data.price_per_unit);
  return price === undefined
    ? null
    : {
        name: label(data.type),
        capability: label(data.capability),
        ...orchestratorOf(data),
        worker_url: lowerLabel(data.worker_url),
        price_per_unit: price,
        models: objectsOf(data.worker_options).flatMap(({ model }) => label(model) || []),
      };
});
