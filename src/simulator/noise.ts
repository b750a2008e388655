import { envelope } from './emission.js';
import type { Random } from './random.js';

/** Ignored messages per accepted one: 84 % of all traffic. */
export const noisePerMessage = 84 / 16;

const appTypes = ['app_user_connected', 'app_send_stream_request', 'app_receive_first_segment', 'app_param_update'];
const scopeTypes = [
  'stream_heartbeat',
  'pipeline_loaded',
  'session_created',
  'stream_started',
  'playback_ready',
  'websocket_connected',
];

/** One message of a family or trace type that must be ignored. */
export function noiseMessage(random: Random, atMs: number): string {
  const id = random.uuid();
  const stream = random.hex(8);
  const kind = random.unit();
  if (kind < 0.6) {
    return envelope(
      id,
      'webrtc_stats',
      atMs,
      '',
      `{"stream_id":"stream-${stream}","timestamp":${atMs},"stats":{"fps":${20 + random.integer(0, 10)},"jitter":${random.unit()},"packets_lost":${random.integer(0, 4)}}}`,
    );
  }
  if (kind < 0.75)
    return envelope(
      id,
      'pipelines_api_request',
      atMs,
      '',
      `{"method":"GET","path":"/pipelines","status":200,"duration_ms":${random.integer(2, 90)}}`,
    );
  if (kind < 0.92)
    return envelope(
      id,
      'stream_trace',
      atMs,
      '',
      `{"type":"${random.pick(appTypes)}","stream_id":"stream-${stream}","request_id":"","timestamp":${atMs}}`,
    );
  return envelope(
    id,
    'stream_trace',
    atMs,
    '',
    `{"type":"${random.pick(scopeTypes)}","client_source":"scope","stream_id":"stream-${stream}","request_id":"","timestamp":${atMs}}`,
  );
}
