import { MILESTONES, type Milestone } from '../../domain/event.js';
import { isObject, type JsonObject } from '../../domain/json-fields.js';
import { freeText, label } from '../../domain/text.js';
import { parseForeignTimeMs } from '../../domain/time.js';
import type { IgnoreReason } from '../../domain/verdict.js';
import { type FamilyDecoder, gatewaySessionEvent, mismatch, readSessionIds, sessionFact } from './family.js';

/** Trace types and what they mean [LIFECYCLE-002]; null is a swap away from its `orchestrator_info`. */
const MEANING: ReadonlyMap<string, Milestone | null> = new Map([
  ['gateway_receive_stream_request', 'receive_request'],
  ['gateway_send_first_ingest_segment', 'send_first_ingest'],
  ['runner_receive_stream_request', 'runner_receive_request'],
  ['runner_receive_first_ingest_segment', 'runner_receive_first_ingest'],
  ['runner_send_first_processed_segment', 'runner_send_first_processed'],
  ['gateway_receive_first_processed_segment', 'receive_first_processed'],
  ['gateway_receive_few_processed_segments', 'few_processed'],
  ['gateway_receive_first_data_segment', 'first_data'],
  ['gateway_no_orchestrators_available', 'no_orchestrators'],
  ['gateway_ingest_stream_closed', 'close'],
  ['orchestrator_swap', null],
]);

const SCOPE_NOISE: ReadonlySet<string> = new Set([
  'stream_heartbeat',
  'pipeline_load_start',
  'pipeline_loaded',
  'session_created',
  'stream_started',
  'playback_ready',
  'session_closed',
  'stream_stopped',
  'pipeline_unloaded',
  'websocket_connected',
  'websocket_disconnected',
  'error',
]);

/** Bit of a milestone in `SessionEvent.milestones`. */
export function milestoneBit(milestone: Milestone): number {
  return 1 << MILESTONES.indexOf(milestone);
}

/** Why a trace is noise [INGEST-003]; a blank type is not: it is missing. */
function ignoreTrace(data: JsonObject): IgnoreReason | null {
  const type = label(data.type);
  if (type === '' || MEANING.has(type)) {
    return null;
  }
  if (type.startsWith('app_')) {
    return 'ignored_stream_trace_non_core_app';
  }
  return data.client_source === 'scope' && SCOPE_NOISE.has(type)
    ? 'ignored_stream_trace_scope_client_noise'
    : 'unsupported_stream_trace_type';
}

function isRunnerClock(data: JsonObject): boolean {
  return label(data.type).startsWith('runner_');
}

export const STREAM_TRACE: FamilyDecoder = {
  payloadTimestamp: (data) => (isRunnerClock(data) ? undefined : data.timestamp),
  ignore: ignoreTrace,
  decode: (input) => {
    const { data } = input;
    if (!isObject(data)) {
      return mismatch('data is not an object');
    }
    const name = label(data.type);
    const meaning = MEANING.get(name);
    if (meaning === undefined) {
      return mismatch('data.type is missing');
    }
    const ids = readSessionIds(data);
    if (ids === null) {
      return mismatch('data has neither stream_id nor request_id');
    }
    const event = gatewaySessionEvent(input, data, ids, { familyRank: 0, name });
    event.message = freeText(data.message);
    if (meaning === null) {
      event.isSwap = true;
      event.showsIdentity = false;
      event.swapReason = event.message;
      return sessionFact(event);
    }
    event.milestones = milestoneBit(meaning);
    if (isRunnerClock(data)) {
      event.ownAtMs = parseForeignTimeMs(data.timestamp);
      event.showsIdentity = false;
    }
    return sessionFact(event);
  },
};
