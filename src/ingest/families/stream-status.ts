import { STREAM_STATES, type StreamState } from '../../domain/event.js';
import { fpsMicroOf, int4Of, isObject, objectAt } from '../../domain/json-fields.js';
import { isBlank, label } from '../../domain/text.js';
import { parseForeignTimeMs } from '../../domain/time.js';
import { type FamilyDecoder, gatewaySessionEvent, mismatch, readSessionIds, sessionFact } from './family.js';

/** A known state, any case, else null. */
function readState(value: unknown): StreamState | null {
  const text = label(value).toUpperCase();
  return STREAM_STATES.find((state) => state === text) ?? null;
}

/** State of a sample that says none: ONLINE when frames flow, else LOADING [LIFECYCLE-007]. */
export function stateOfFps(fpsMicro: number | null): StreamState {
  return fpsMicro !== null && fpsMicro > 0 ? 'ONLINE' : 'LOADING';
}

/** `""`, `"null"` and null mean that there was no error. */
function saysError(value: unknown): boolean {
  return !isBlank(value) && value !== false && !(typeof value === 'string' && value.trim().toLowerCase() === 'null');
}

export const STREAM_STATUS: FamilyDecoder = {
  decode: (input) => {
    const { data } = input;
    if (!isObject(data)) {
      return mismatch('data is not an object');
    }
    const ids = readSessionIds(data);
    if (ids === null) {
      return mismatch('data has neither stream_id nor request_id');
    }
    const state = readState(data.state);
    if (state === null && !isObject(data.inference_status)) {
      return mismatch('data has neither a known state nor an inference_status');
    }
    const inference = objectAt(data, 'inference_status');
    const fpsMicro = fpsMicroOf(inference.fps);
    const event = gatewaySessionEvent(input, data, ids, { familyRank: 1, name: 'status' });
    event.isSample = true;
    event.state = state ?? stateOfFps(fpsMicro);
    event.fpsMicro = fpsMicro;
    event.inputFpsMicro = fpsMicroOf(objectAt(data, 'input_status').fps);
    event.hasLastError = saysError(inference.last_error);
    event.restartCount = int4Of(inference.restart_count);
    event.startTimeMs = parseForeignTimeMs(data.start_time);
    return sessionFact(event);
  },
};
