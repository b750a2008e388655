import { type Emission, envelope } from './emission.js';
import { livePipeline, type SimulatedOrchestrator } from './network.js';
import type { Random } from './random.js';
import type { SessionPlan } from './session-plan.js';

/** What a status sample shows. */
export interface StatusReading {
  state: 'LOADING' | 'ONLINE' | 'DEGRADED_INPUT' | 'DEGRADED_INFERENCE' | 'ERROR' | 'OFFLINE';
  fps: number;
  lastError: string | null;
  startTimeMs: number;
  restartCount: number;
  paramsVersion: number;
}

/** Writes one session's messages; a dialect may need none or several to say one thing. */
export interface SessionMessages {
  trace(type: string, atMs: number, orchestrator: SimulatedOrchestrator | null, message?: string): readonly Emission[];
  /** A runner's trace: its own clock in the data, the gateway's in the envelope. */
  runnerTrace(type: string, atMs: number, orchestrator: SimulatedOrchestrator): readonly Emission[];
  status(atMs: number, orchestrator: SimulatedOrchestrator, reading: StatusReading): readonly Emission[];
  metrics(atMs: number, sample: number): readonly Emission[];
  streamEvent(
    type: 'params_update' | 'restart',
    atMs: number,
    orchestrator: SimulatedOrchestrator,
  ): readonly Emission[];
  /** A gateway's error: neither timestamp nor orchestrator. */
  error(atMs: number, message: string, isExcusable: boolean): readonly Emission[];
  discovery(atMs: number, orchestrator: SimulatedOrchestrator): readonly Emission[];
  payment(atMs: number, orchestrator: SimulatedOrchestrator, number: number): readonly Emission[];
  ticket(atMs: number, orchestrator: SimulatedOrchestrator, number: number): readonly Emission[];
}

const info = (orchestrator: SimulatedOrchestrator | null): string =>
  orchestrator === null
    ? '{"address":"","url":""}'
    : `{"address":"${orchestrator.hotKey}","url":"${orchestrator.live.uri}"}`;

/** The payer's session: the first draw of the session's stream. */
export const paymentSessionOf = (random: Random): string => random.hex(8);

/** The gateway dialect, in the recorded shapes. */
export function createSessionMessages(plan: SessionPlan, random: Random): SessionMessages {
  const { topic } = plan.gateway;
  const ids = `"request_id":"${plan.requestId}","stream_id":"${plan.streamId}"`;
  const paymentSession = paymentSessionOf(random);
  const manifest = random.hex(8);
  const clientIp = random.chance(0.1) ? `203.0.113.${random.integer(1, 254)}` : '';
  const wrap = (
    family: string,
    atMs: number,
    data: string,
    fact: Emission['fact'],
    id = random.uuid(),
  ): readonly Emission[] => [{ topic, atMs, json: envelope(id, family, atMs, plan.gatewayName, data), fact }];
  const trace = (
    type: string,
    atMs: number,
    ownMs: number,
    orchestrator: SimulatedOrchestrator | null,
    more: string,
  ): readonly Emission[] =>
    wrap(
      'stream_trace',
      atMs,
      `{"orchestrator_info":${info(orchestrator)},"pipeline_id":"",${ids},${more}"type":"${type}"}`,
      {
        family: 'trace',
        type,
        eventMs: atMs,
        ownMs,
        orchestrator: orchestrator === null ? null : orchestrator.index,
      },
    );

  return {
    trace: (type, atMs, orchestrator, message) =>
      trace(
        type,
        atMs,
        atMs,
        orchestrator,
        type === 'orchestrator_swap' ? `"message":"${message ?? ''}",` : `"timestamp":${atMs},`,
      ),
    runnerTrace: (type, atMs, orchestrator) =>
      trace(
        type,
        atMs,
        atMs + orchestrator.runnerSkewMs,
        orchestrator,
        `"timestamp":${atMs + orchestrator.runnerSkewMs},`,
      ),
    status: (atMs, orchestrator, reading) => {
      const { startTimeMs } = reading;
      const error = reading.lastError === null ? 'null' : `"${reading.lastError}"`;
      return wrap(
        'ai_stream_status',
        atMs,
        `{"inference_status":{"fps":${reading.fps},"last_error":${error},"last_error_time":null,"last_output_time":${atMs - 70},"last_params":{"height":512,"width":512,"prompt":"take ${reading.paramsVersion}"},"last_params_hash":"${plan.requestId}${reading.paramsVersion}","last_params_update_time":${startTimeMs},"last_restart_logs":null,"last_restart_time":null,"restart_count":${reading.restartCount}},"input_status":{"fps":${20 + random.unit() * 4},"last_input_time":${atMs - 90}},"last_state_update_time":${startTimeMs},"last_status_timestamp":${atMs - 10_000},"orchestrator_info":${info(orchestrator)},"pipeline":"${plan.model}","pipeline_id":"",${ids},"start_time":${startTimeMs},"state":"${reading.state}","timestamp":${atMs},"type":"status"}`,
        {
          family: 'status',
          eventMs: atMs,
          orchestrator: orchestrator.index,
          isRunning:
            reading.state === 'ONLINE' || reading.state === 'DEGRADED_INPUT' || reading.state === 'DEGRADED_INFERENCE',
          hasOutput: reading.fps > 0,
          startTimeMs,
          namesModel: true,
        },
      );
    },
    metrics: (atMs, sample) =>
      wrap(
        'stream_ingest_metrics',
        atMs,
        `{"pipeline_id":"",${ids},"stats":{"peer_conn_stats":{"ID":"iceTransport","BytesReceived":${(sample + 1) * 477_890},"BytesSent":${(sample + 1) * 4_013}},"track_stats":[{"type":"video","jitter":${random.unit() * 20},"packets_lost":0,"packets_received":${(sample + 1) * 413},"packet_loss_pct":0,"rtt":0,"last_input_ts":4.892,"last_output_ts":0,"latency":0},{"type":"audio","jitter":${random.unit() * 30},"packets_lost":${sample >> 4},"packets_received":${(sample + 1) * 248},"packet_loss_pct":0,"rtt":0,"last_input_ts":4.8601,"last_output_ts":0,"latency":0}],"conn_quality":"good"},"timestamp":${atMs}}`,
        { family: 'metrics', eventMs: atMs },
      ),
    streamEvent: (type, atMs, orchestrator) =>
      wrap(
        'ai_stream_events',
        atMs,
        `{"capability":"","message":"","orchestrator_info":${info(orchestrator)},"pipeline":"${plan.model}","pipeline_id":"",${ids},"timestamp":${atMs},"type":"${type}"}`,
        {
          family: 'event',
          eventMs: atMs,
          orchestrator: orchestrator.index,
          isError: false,
          isExcusable: false,
          namesModel: true,
        },
      ),
    error: (atMs, message, isExcusable) =>
      wrap(
        'ai_stream_events',
        atMs,
        `{"capability":"","message":"${message}","pipeline":"","pipeline_id":"",${ids},"type":"error"}`,
        {
          family: 'event',
          eventMs: atMs,
          orchestrator: null,
          isError: true,
          isExcusable,
          namesModel: false,
        },
      ),
    discovery: (atMs, orchestrator) =>
      wrap(
        'discovery_results',
        atMs,
        `[{"address":"${orchestrator.hotKey}","latency_ms":"${random.integer(20, 180)}","url":"${orchestrator.live.uri}"}]`,
        null,
      ),
    payment: (atMs, orchestrator, number) => {
      const value = random.chance(0.03) ? '0.0024024 ETH' : '2402400000000000 WEI';
      const ticketCount = random.integer(1, 2);
      const requestId = number === 0 ? plan.requestId : '';
      const eventId = random.uuid();
      return wrap(
        'create_new_payment',
        atMs,
        `{"capability":"","clientIP":"${clientIp}","faceValue":"${value}","manifestID":"${number === 0 ? `35_${plan.model}` : manifest}","numTickets":"${ticketCount}","orchestrator":"${orchestrator.live.uri}","price":"${orchestrator.price}","recipient":"${orchestrator.address}","requestID":"${requestId}","sender":"${plan.gateway.sender}","sessionID":"${paymentSession}","winProb":"0.0009990010"}`,
        {
          family: 'payment',
          eventId,
          eventMs: atMs,
          paymentSessionId: paymentSession,
          requestId,
          sender: plan.gateway.sender,
          recipient: orchestrator.address,
          ticketCount,
          namesModel: number === 0,
        },
        eventId,
      );
    },
    ticket: (atMs, orchestrator, number) => {
      const eventId = random.uuid();
      return wrap(
        'create_signed_ticket',
        atMs,
        `{"session_id":"${paymentSession}","request_id":"${plan.requestId}","pipeline":"${livePipeline}","orch_address":"${orchestrator.address}","orch_url":"${orchestrator.live.uri}","billable_secs":"30.0","pixels":"${number * 30}.5","computed_fee":"${orchestrator.pricePerUnit * 30}.25","sequence_number":"${number}","timestamp":"${atMs}"}`,
        {
          family: 'ticket',
          eventId,
          eventMs: atMs,
          orchestrator: orchestrator.address,
          ticketSessionId: paymentSession,
          requestId: plan.requestId,
          sequence: number,
          billableSeconds: 30,
          pixels: number * 30 + 0.5,
          computedFeeWei: orchestrator.pricePerUnit * 30 + 0.25,
        },
        eventId,
      );
    },
  };
}
