import type { SqlSession } from '../../src/warehouse/sql-session.js';
import { fractionOf, weiOf, wholeOf } from './naive-money.js';

/** An event of raw as a reader with nothing but the contract at hand would take it apart; texts as facts hold them. */
interface NaiveEvent {
  readonly eventId: string;
  readonly org: string;
  readonly atMs: number;
  /** Rows that the fact tables must hold of it, `''` for the parts that only some families have. */
  readonly facts: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const SESSION_FAMILIES = new Set(['stream_trace', 'ai_stream_status', 'ai_stream_events', 'stream_ingest_metrics']);

const RAW = `select org, event_id, family, payload, (extract(epoch from event_at) * 1000)::float8 as at_ms from raw.event`;

/** Equal decimals as equal texts, missing ones as none. */
const DECIMALS = (columns: readonly string[]): string => columns.map((column) => `trim_scale(${column})`).join(', ');

const FACTS = `
  select org, event_id, (extract(epoch from event_at) * 1000)::float8 as at_ms,
    concat_ws('|', 'session', stream_id, request_id, orch_url, orch_address, is_sample, fps_micro, is_error, failure_reason) as fact
  from fact.session_event
  union all
  select org, event_id, (extract(epoch from observed_at) * 1000)::float8, concat_ws('|', 'sighting', address, uri)
  from fact.capability_sighting
  union all select org, event_id, (extract(epoch from event_at) * 1000)::float8,
    concat_ws('|', 'payment', session_id, request_id, sender, recipient, ticket_count, face_value_wei, expected_value_wei)
  from fact.payment
  union all select org, event_id, (extract(epoch from event_at) * 1000)::float8,
    concat_ws('|', 'readings', publisher_id, gpu_uuid, cuda_version, tx_bytes, rx_bytes, tx_mbps, rx_mbps,
      sampling_interval_ms, gpu_utilisation)
  from fact.transport_sample
  union all select org, event_id, (extract(epoch from event_at) * 1000)::float8,
    concat_ws('|', 'ticket', session_id, request_id, pipeline, orch_address, orch_url, sequence_number,
      ${DECIMALS(['billable_seconds', 'pixels', 'computed_fee'])})
  from fact.signed_ticket
  union all select org, event_id, (extract(epoch from event_at) * 1000)::float8,
    concat_ws('|', 'auth', capability, orch_address, orch_url, is_success::text, error)
  from fact.byoc_auth_event
  union all select org, event_id, (extract(epoch from event_at) * 1000)::float8,
    concat_ws('|', 'worker', capability, orch_address, orch_url, worker_url, ${DECIMALS(['price_per_unit'])},
      array_to_string(models, ','))
  from fact.worker_lifecycle_event
  ${[
    'discovery_result',
    'ai_batch_event',
    'llm_event',
    'byoc_job_event',
    'byoc_payment_event',
    'byoc_orchestrator_event',
    'v1_event',
  ]
    .map(
      (table) => `union all
  select org, event_id, (extract(epoch from event_at) * 1000)::float8, '${table}' from fact.${table}`,
    )
    .join('\n  ')}`;

const TABLE_OF: Readonly<Record<string, string>> = {
  discovery_results: 'discovery_result',
  ai_batch_request: 'ai_batch_event',
  ai_llm_request: 'llm_event',
  job_gateway: 'byoc_job_event',
  job_payment: 'byoc_payment_event',
  job_orchestrator: 'byoc_orchestrator_event',
};

/**
 * The typed rows against the payloads kept beside them [TYPED_RAW-001, TYPED_RAW-002]: one per event that does not fan
 * out, one per orchestrator of a capability report, with the ids, identity, frame rate, money and error of the payload.
 */
export async function recountFacts(
  session: SqlSession,
): Promise<{ wanted: readonly string[]; seen: readonly string[] }> {
  const raw = await session.query<{ org: string; event_id: string; family: string; payload: string; at_ms: number }>(
    RAW,
  );
  const facts = await session.query<{ org: string; event_id: string; at_ms: number; fact: string }>(FACTS);
  const wanted = raw.rows
    .map(({ org, event_id, family, payload, at_ms }): NaiveEvent => {
      return { org, eventId: event_id, atMs: at_ms, facts: naiveFacts(family, JSON.parse(payload)) };
    })
    .flatMap(({ org, eventId, atMs, facts: rows }) => rows.map((fact) => [org, eventId, atMs, fact].join(' ')));
  return {
    wanted: wanted.sort(),
    seen: facts.rows.map(({ org, event_id, at_ms, fact }) => [org, event_id, at_ms, fact].join(' ')).sort(),
  };
}

function naiveFacts(family: string, message: Json): readonly string[] {
  const data = message.data ?? message.payload;
  if (family === 'network_capabilities') return [...new Set((Array.isArray(data) ? data : [data]).flatMap(sighting))];
  const own = objectOf(data);
  if (SESSION_FAMILIES.has(family)) return [gatewayFact(family, own)];
  if (family === 'create_new_payment') return [paymentFact(own)];
  if (family === 'create_signed_ticket') return [ticketFact(own)];
  if (family === 'job_auth') return [authFact(own)];
  if (family === 'worker_lifecycle') return [workerFact(own)];
  const table = TABLE_OF[family];
  if (table !== undefined) return [table];
  if (/heartbeat$|^sla\.|\.session\./.test(family)) return ['v1_event'];
  return [specFact(family, own), ...(family === 'runner.metrics.sample' ? [readingsFact(message, own)] : [])];
}

function sighting(element: unknown): readonly string[] {
  const { address, orch_uri, uri } = objectOf(element);
  const own = textOf(address).trim().toLowerCase();
  return own === '' ? [] : [`sighting|${own}|${(textOf(orch_uri) || textOf(uri)).toLowerCase()}`];
}

function gatewayFact(family: string, data: Json): string {
  const by = objectOf(data.orchestrator_info);
  const isSample = family === 'ai_stream_status';
  return sessionFact(data, textOf(by.url), textOf(by.address), {
    isSample,
    fps: isSample ? objectOf(data.inference_status).fps : undefined,
    isError: family === 'ai_stream_events' && data.type === 'error',
    failureReason: '',
  });
}

function specFact(type: string, data: Json): string {
  const swap = type === 'gateway.swap';
  const node = textOf(swap ? data.from_orchestrator_address : data.node_addr);
  const isUrl = node.includes('://');
  const isSample = type === 'runner.metrics.sample';
  const isError = type === 'gateway.request.error' || (type === 'gateway.request.end' && data.status === 'failure');
  return sessionFact(data, isUrl ? node : '', isUrl ? '' : node, {
    isSample,
    fps: isSample ? data.fps : undefined,
    isError,
    failureReason: isError ? textOf(data.failure_reason) : '',
  });
}

function readingsFact(message: Json, data: Json): string {
  const gpu = objectOf(data.gpu);
  const measured = [
    data.tx_bytes,
    data.rx_bytes,
    data.tx_mbps,
    data.rx_mbps,
    data.sampling_interval_ms,
    gpu.utilisation,
  ];
  const numbers = measured.filter((value) => typeof value === 'number').map(String);
  return ['readings', textOf(message.publisher_id), textOf(gpu.uuid), textOf(gpu.cuda_version), ...numbers].join('|');
}

function paymentFact(data: Json): string {
  const tickets = textOf(data.numTickets);
  const addresses = [textOf(data.sender).toLowerCase(), textOf(data.recipient).toLowerCase()];
  const face = [weiOf(textOf(data.faceValue)), fractionOf(tickets)];
  const money = [wholeOf(...face), wholeOf(...face, fractionOf(textOf(data.winProb)))];
  return ['payment', textOf(data.sessionID), textOf(data.requestID), ...addresses, tickets, ...money].join('|');
}

function ticketFact(data: Json): string {
  const ids = [textOf(data.session_id), textOf(data.request_id), textOf(data.pipeline), ...orchestratorOf(data)];
  const numbers = [data.billable_secs, data.pixels, data.computed_fee].flatMap(decimalOf);
  return ['ticket', ...ids, ...[data.sequence_number].flatMap(decimalOf), ...numbers].join('|');
}

function authFact(data: Json): string {
  const success = typeof data.success === 'boolean' ? [String(data.success)] : [];
  return ['auth', textOf(data.capability), ...orchestratorOf(data), ...success, textOf(data.error)].join('|');
}

function workerFact(data: Json): string {
  const offers = Array.isArray(data.worker_options) ? data.worker_options : [];
  const models = offers.map((offer) => textOf(objectOf(offer).model));
  const own = [textOf(data.capability), ...orchestratorOf(data), textOf(data.worker_url)];
  return ['worker', ...own, ...[data.price_per_unit].flatMap(decimalOf), models.join(',')].join('|');
}

function orchestratorOf(data: Json): readonly string[] {
  return [textOf(data.orch_address).toLowerCase(), textOf(data.orch_url).toLowerCase()];
}

/** Nothing for a missing one, which concat_ws leaves out. */
function decimalOf(value: unknown): readonly string[] {
  const text = typeof value === 'number' ? String(value) : textOf(value);
  return text === '' ? [] : [text.includes('.') ? text.replace(/\.?0+$/, '') : text];
}

interface Observed {
  readonly isSample: boolean;
  readonly fps: unknown;
  readonly isError: boolean;
  readonly failureReason: string;
}

function sessionFact(
  data: Json,
  url: string,
  address: string,
  { isSample, fps, isError, failureReason }: Observed,
): string {
  const micro = typeof fps === 'number' ? [String(Math.round(fps * 1e6))] : [];
  const identity = [url.toLowerCase(), address.toLowerCase()];
  const flag = (is: boolean): string => (is ? 't' : 'f');
  return [
    'session',
    textOf(data.stream_id),
    textOf(data.request_id),
    ...identity,
    flag(isSample),
    ...micro,
    flag(isError),
    failureReason,
  ].join('|');
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
