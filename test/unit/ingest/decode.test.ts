import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MILESTONES, type SessionEvent, type TelemetryEvent } from '../../../src/domain/event.js';
import type { RawMessage, Verdict } from '../../../src/domain/verdict.js';
import { DEFAULT_DECODE_RULES, type DecodeRules, decode } from '../../../src/ingest/decode.js';

const NOW = Date.UTC(2026, 0, 9, 12);
const IDS = { stream_id: 's', request_id: 'r' };
const fixture = (name: string): string[] =>
  readFileSync(new URL(`../../../data/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');

function judge(value: unknown, rules: Partial<DecodeRules> = {}, brokerAtMs = NOW): Verdict {
  const bytes =
    value === null || value instanceof Uint8Array
      ? value
      : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const message: RawMessage = { org: 'daydream', offset: 0, value: bytes, brokerAtMs, receivedAtMs: brokerAtMs };
  return decode(message, { ...DEFAULT_DECODE_RULES, ...rules });
}
const gateway = (type: unknown, data: unknown, more: object = {}): object => ({
  ...{ id: 'e', type, timestamp: String(NOW), gateway: 'GW.example' },
  ...{ data, ...more },
});
const v1 = (event_type: string, payload: unknown, more: object = {}): object => ({
  ...{ event_id: 'e', schema_version: 'v1', event_type, timestamp_ms: NOW },
  ...{ publisher_id: 'Pub', publisher_type: 'gateway', region: 'eu', payload, ...more },
});
function accepted(value: unknown, brokerAtMs = NOW): TelemetryEvent {
  const verdict = judge(value, {}, brokerAtMs);
  if (verdict.kind !== 'accepted') throw new Error(`${verdict.kind}: ${verdict.reason}`);
  return verdict.event;
}
function session(value: unknown): SessionEvent {
  const { fact } = accepted(value);
  if (fact.kind !== 'session') throw new Error(`a ${fact.kind} fact`);
  return fact.event;
}
const reasonOf = (verdict: Verdict): string => (verdict.kind === 'accepted' ? 'accepted' : verdict.reason);
const reason = (value: unknown, rules: Partial<DecodeRules> = {}): string => reasonOf(judge(value, rules));
const milestonesOf = (event: SessionEvent): string[] =>
  MILESTONES.filter((_, bit) => (event.milestones & (1 << bit)) !== 0);

describe('recorded traffic', () => {
  it('accepts all 65 messages of the recorded session', () => {
    const verdicts = fixture('recorded-session-2026-01-08.ndjson').map((line) => judge(line));
    expect(verdicts.filter(({ kind }) => kind === 'accepted')).toHaveLength(65);
  });

  it('reads all 53 recorded capability elements, each a sighting [TYPED_RAW-002]', () => {
    const elements = fixture('capability-elements.ndjson').map((line) => JSON.parse(line));
    const { fact } = accepted(gateway('network_capabilities', elements));
    if (fact.kind !== 'capabilities') throw new Error('no capabilities');
    const keys = new Set(elements.map(({ address, orch_uri }) => `${address}${orch_uri}`.toLowerCase()));
    expect(fact.sightings).toHaveLength(keys.size);
    // two of the 53 say the same address and URI: the last of them counts
    expect(keys.size).toBe(52);
    for (const element of elements)
      expect(accepted(gateway('network_capabilities', element)).fact).toMatchObject({ sightings: [{}] });
    const gpus = fact.sightings.flatMap(({ content }) => content.hardware.flatMap((entry) => entry.gpus));
    expect(gpus.length).toBeGreaterThan(15);
    expect(fact.sightings.every(({ contentHash }) => /^[0-9a-f]{32}$/.test(contentHash))).toBe(true);
  });
});

describe('checks, in the order of the contract’s table [INGEST-004]', () => {
  const noData = { id: 'e', type: 'ai_stream_status', timestamp: String(NOW) };
  it.each([
    ['oversize', Buffer.alloc(1_048_577, 0x20)],
    ['not_json', null],
    ['not_json', ''],
    ['not_json', '{"id":"e"'],
    ['not_json', Buffer.from([0x22, 0xff, 0x22])],
    ['not_an_object', '[]'],
    ['not_an_object', 'null'],
    ['missing_id', { type: 'nonsense' }],
    ['missing_id', { id: 7, type: 'ai_stream_status' }],
    ['missing_id', { id: '\u0000', type: 'ai_stream_status' }],
    ['missing_id', { event_type: 'gateway.swap' }],
    ['missing_type', { id: 'e' }],
    ['missing_type', { id: 'e', type: '  ' }],
    ['missing_type', { event_id: 'e' }],
    ['unsupported_event_family', { id: 'e', type: 'webrtc_stats' }],
    ['unsupported_event_family', { id: 'e', type: 'constructor' }],
    ['unsupported_event_family', { id: 'e', type: 'gateway.heartbeat' }],
    ['unsupported_event_family', v1('stream_trace', {})],
    ['unsupported_version', v1('gateway.swap', { request_id: 'r' }, { schema_version: undefined })],
    ['unsupported_version', v1('gateway.swap', { request_id: 'r' }, { schema_version: 'v2', timestamp_ms: 'x' })],
    ['bad_timestamp', { ...noData, timestamp: undefined }],
    ['bad_timestamp', { ...noData, timestamp: 'yesterday' }],
    ['bad_timestamp', { ...noData, timestamp: '2026-02-30T00:00:00Z' }],
    ['bad_timestamp', { ...noData, timestamp: '1767908945' }],
    ['bad_timestamp', { ...noData, timestamp: String(Date.UTC(2099, 0, 1)) }],
    ['bad_timestamp', v1('gateway.swap', undefined, { timestamp_ms: 'x' })],
    ['missing_data', noData],
    ['missing_data', { ...noData, data: '', payload: null }],
    ['ignored_stream_trace_non_core_app', gateway('stream_trace', { type: 'app_start' })],
    ['ignored_stream_trace_scope_client_noise', gateway('stream_trace', { type: 'error', client_source: 'scope' })],
    ['unsupported_stream_trace_type', gateway('stream_trace', { type: 'error' })],
    ['unsupported_stream_trace_type', gateway('stream_trace', { type: 'gateway_new_thing', ...IDS })],
    ['schema_mismatch', gateway('stream_trace', { ...IDS })],
    ['schema_mismatch', gateway('stream_trace', { type: 'gateway_receive_stream_request', stream_id: ' ' })],
    ['schema_mismatch', gateway('stream_trace', 'text')],
    ['schema_mismatch', gateway('ai_stream_status', { state: 'ONLINE' })],
    ['schema_mismatch', gateway('ai_stream_status', { ...IDS })],
    ['schema_mismatch', gateway('ai_stream_status', { ...IDS, state: 'DANCING' })],
    ['schema_mismatch', gateway('ai_stream_events', { ...IDS })],
    ['schema_mismatch', gateway('ai_stream_events', { type: 'error' })],
    ['schema_mismatch', gateway('stream_ingest_metrics', { ...IDS, stats: [] })],
    ['schema_mismatch', gateway('network_capabilities', 'text')],
    ['schema_mismatch', gateway('discovery_results', [])],
    ['schema_mismatch', gateway('discovery_results', {})],
    ['schema_mismatch', gateway('discovery_results', [{}])],
    ['schema_mismatch', gateway('discovery_results', [{ address: ' ', latency_ms: '77' }])],
    ['schema_mismatch', gateway('create_new_payment', {})],
    ['schema_mismatch', gateway('create_signed_ticket', { computed_fee: 'much' })],
    ['schema_mismatch', gateway('job_auth', [])],
    ['schema_mismatch', v1('gateway.swap', undefined)],
    ['schema_mismatch', v1('gateway.swap', { session_id: 'x' })],
    ['schema_mismatch', v1('gateway.session.start', { session_id: 'x' })],
    ['schema_mismatch', v1('gateway.swap', { request_id: 'r' }, { publisher_type: '' })],
    ['schema_mismatch', v1('gateway.heartbeat', {}, { timestamp_ms: undefined })],
  ])('%s: %j', (wanted, value) => {
    expect(reason(value)).toBe(wanted);
  });

  it.each([
    ['gateway', gateway('ai_stream_status', { ...IDS, state: 'ONLINE' }), ['id', 'type', 'timestamp', 'data']],
    ['v1', v1('gateway.request.start', IDS), ['event_id', 'event_type', 'timestamp_ms', 'payload']],
  ])(
    'accepts id, family, time and data in the %s dialect, and nothing that lacks one of them [INGEST-001]',
    (_, whole, parts) => {
      expect(reason(whole)).toBe('accepted');
      for (const part of parts) {
        expect(reason({ ...whole, [part]: undefined }), `without ${part}`).not.toBe('accepted');
        expect(reason({ ...whole, [part]: [] }), `a list as ${part}`).not.toBe('accepted');
      }
    },
  );

  it('trusts every v1 publisher without a list, and only those on it with one', () => {
    const event = v1('gateway.heartbeat', {});
    expect(reason(event)).toBe('accepted');
    expect(reason(event, { trustedPublishers: new Set(['Pub']) })).toBe('accepted');
    expect(reason(event, { trustedPublishers: new Set(['other']) })).toBe('untrusted_publisher');
    expect(reason(gateway('ai_stream_status', { ...IDS, state: 'ONLINE' }), { trustedPublishers: new Set() })).toBe(
      'accepted',
    );
  });

  it('never throws, whatever the bytes and whatever the fields', () => {
    const families = [
      'stream_trace',
      'ai_stream_status',
      'network_capabilities',
      'create_new_payment',
      'discovery_results',
      'worker_lifecycle',
    ];
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => reason(bytes) !== 'accepted'));
    fc.assert(
      fc.property(fc.constantFrom(...families), fc.object({ maxDepth: 3 }), fc.anything(), (type, more, data) => {
        judge(gateway(type, { ...more, ...(typeof data === 'object' ? data : {}) }));
        judge(gateway(type, data));
        judge(v1('runner.metrics.sample', more));
      }),
    );
  });
});

describe('time [domain 2.1]', () => {
  const timed = (timestamp: unknown, own?: unknown): object =>
    gateway('ai_stream_status', { ...IDS, state: 'ONLINE', timestamp: own }, { timestamp });
  it('takes the payload’s time within ±10 minutes of the envelope’s, inclusive', () => {
    expect(accepted(timed(String(NOW), NOW - 600_000)).eventAtMs).toBe(NOW - 600_000);
    expect(accepted(timed(String(NOW), NOW - 600_001)).eventAtMs).toBe(NOW);
    expect(accepted(timed(String(NOW - 600_000), String(NOW))).eventAtMs).toBe(NOW);
    expect(accepted(timed(NOW, new Date(NOW - 5).toISOString()))).toMatchObject({
      eventAtMs: NOW - 5,
      envelopeAtMs: NOW,
    });
  });
  it('accepts an envelope time as text, number or RFC 3339, and 10 minutes after the broker', () => {
    for (const timestamp of [String(NOW), NOW, '2026-01-09T12:00:00Z', '2026-01-09T13:30:00.000+01:30']) {
      expect(accepted(timed(timestamp)).eventAtMs).toBe(NOW);
    }
    expect(accepted(timed(NOW + 600_000)).eventAtMs).toBe(NOW + 600_000);
    expect(reason(timed(NOW + 600_001))).toBe('bad_timestamp');
    expect(reason(timed(NOW + 600_000, NOW + 600_001))).toBe('bad_timestamp');
    expect(reason(timed(Date.UTC(2000, 0, 1)))).toBe('accepted');
    expect(reason(timed(Date.UTC(2000, 0, 1) - 1))).toBe('bad_timestamp');
  });
  it('takes data before payload, and payload where data is blank', () => {
    const data = { ...IDS, state: 'ONLINE' };
    expect(session(gateway('ai_stream_status', data, { payload: { ...data, state: 'ERROR' } })).state).toBe('ONLINE');
    expect(session(gateway('ai_stream_status', '', { payload: { ...data, state: 'ERROR' } })).state).toBe('ERROR');
  });
});

describe('session families', () => {
  it.each([
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
  ])('%s is %s [LIFECYCLE-002]', (type, milestone) => {
    const info = { address: '0xABC', url: 'https://O.example' };
    const event = session(gateway('stream_trace', { type, ...IDS, orchestrator_info: info, timestamp: NOW - 7 }));
    const isRunner = type.startsWith('runner_');
    expect(milestonesOf(event)).toEqual([milestone]);
    // a runner's clock serves latencies only
    expect([event.eventAtMs, event.ownAtMs]).toEqual(isRunner ? [NOW, NOW - 7] : [NOW - 7, null]);
    expect(event).toMatchObject({
      orchAddress: '0xabc',
      orchUrl: 'https://o.example',
      showsIdentity: !isRunner,
      familyRank: 0,
    });
  });

  it('reads a swap as a swap away from its orchestrator_info, not as an observation', () => {
    const event = session(
      gateway('stream_trace', {
        type: 'orchestrator_swap',
        ...IDS,
        orchestrator_info: { url: 'https://O' },
        message: 'timed out',
      }),
    );
    expect(event).toMatchObject({
      isSwap: true,
      showsIdentity: false,
      orchUrl: 'https://o',
      swapReason: 'timed out',
      milestones: 0,
    });
  });

  it('reads a status sample', () => {
    const event = session(
      gateway('ai_stream_status', {
        ...IDS,
        ...{ state: 'DEGRADED_INPUT', pipeline: 'streamdiffusion', pipeline_id: 'other', start_time: NOW / 1000 },
        inference_status: { fps: 17.2982154, last_error: 'boom', restart_count: 2 },
        input_status: { fps: '20.5' },
        orchestrator_info: { address: '0xA', url: '' },
      }),
    );
    expect(event).toMatchObject({
      ...{
        sessionKey: 's|r',
        isSample: true,
        state: 'DEGRADED_INPUT',
        fpsMicro: 17_298_215,
        inputFpsMicro: 20_500_000,
      },
      ...{
        hasLastError: true,
        restartCount: 2,
        startTimeMs: NOW,
        pipelineText: 'streamdiffusion',
        showsIdentity: true,
      },
      ...{ gateway: 'gw.example', familyRank: 1, isError: false },
    });
  });

  it.each([[''], ['null'], [null], [undefined]])('takes last_error %j as none', (last_error) => {
    expect(session(gateway('ai_stream_status', { ...IDS, inference_status: { fps: 0, last_error } }))).toMatchObject({
      hasLastError: false,
      state: 'LOADING',
    });
  });

  it('infers the state of a status without one from its frames [LIFECYCLE-007]', () => {
    expect(session(gateway('ai_stream_status', { ...IDS, inference_status: { fps: 1 } })).state).toBe('ONLINE');
    expect(session(gateway('ai_stream_status', { ...IDS, inference_status: {} }))).toMatchObject({
      state: 'LOADING',
      fpsMicro: null,
    });
  });

  it('reads stream events', () => {
    expect(session(gateway('ai_stream_events', { type: 'error', ...IDS, message: 'missing video' }))).toMatchObject({
      isError: true,
      message: 'missing video',
      familyRank: 2,
    });
    expect(session(gateway('ai_stream_events', { type: 'restart', ...IDS })).isRestart).toBe(true);
    expect(session(gateway('ai_stream_events', { type: 'params_update', request_id: 'r' }))).toMatchObject({
      isError: false,
      isRestart: false,
      sessionKey: '_missing_stream|r',
    });
  });

  it('reads ingest metrics', () => {
    const stats = {
      conn_quality: 'good',
      peer_conn_stats: { BytesReceived: 5, BytesSent: 6 },
      track_stats: [
        { type: 'audio', jitter: 2, packets_lost: 1 },
        { type: 'video', jitter: 1.5, packets_received: 9, rtt: 2_500_000 },
      ],
    };
    const { fact } = accepted(gateway('stream_ingest_metrics', { stream_id: 's', stats }));
    expect(fact).toMatchObject({
      event: {
        sessionKey: 's|_missing_request',
        familyRank: 3,
        ingest: {
          connQuality: 'good',
          bytesReceived: 5,
          bytesSent: 6,
          videoJitterMs: 1.5,
          videoPacketsReceived: 9,
          rttMs: 2.5,
          audioJitterMs: 2,
          audioPacketsLost: 1,
          videoPacketsLost: null,
        },
      },
    });
  });

  it('marks synthetic traffic', () => {
    const of = (data: object): boolean =>
      session(gateway('ai_stream_status', { ...IDS, state: 'ONLINE', ...data })).isSynthetic;
    expect([of({}), of({ stream_id: 'aiJobTesterStream-1' }), of({ client_source: 'scope-loadtest' })]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('other families', () => {
  const row = (type: string, data: unknown): unknown => {
    const { fact } = accepted(gateway(type, data));
    return fact.kind === 'other' ? { table: fact.table, ...fact.row } : fact;
  };
  const payment = {
    ...{ sessionID: 'x', manifestID: 'm', sender: '0xA', recipient: '0xB', orchestrator: 'https://O', requestID: '' },
    ...{ faceValue: '2402400000000000 WEI', numTickets: '2', price: '1635.021 wei/pixel', winProb: '0.0009990010' },
  };
  it('values a payment in whole wei, expected value rounded half up once', () => {
    expect(row('create_new_payment', payment)).toMatchObject({
      payment: {
        sender: '0xa',
        recipient: '0xb',
        orchUrl: 'https://o',
        faceValueWei: '4804800000000000',
        expectedValueWei: '4800000004800',
        ticketCount: 2,
      },
    });
  });
  it.each([
    'sessionID',
    'manifestID',
    'sender',
    'recipient',
    'orchestrator',
    'faceValue',
    'numTickets',
    'price',
    'winProb',
  ])('wants %s of a payment [INGEST-002]', (field) => {
    expect(reason(gateway('create_new_payment', { ...payment, [field]: ' ' }))).toBe('schema_mismatch');
  });
  it.each([
    ['faceValue', '1 LPT'],
    ['faceValue', '-1'],
    ['numTickets', '1.5'],
    ['winProb', '2'],
    ['price', 'free'],
    ['faceValue', `${'9'.repeat(79)} WEI`],
  ])('refuses %s %s', (field, value) => {
    expect(reason(gateway('create_new_payment', { ...payment, [field]: value }))).toBe('schema_mismatch');
  });
  it('drops the client’s address from the kept text and leaves the rest as sent [PRIVACY-001]', () => {
    const text = JSON.stringify(gateway('create_new_payment', { ...payment, clientIP: '203.0.113.9', extra: 'kept' }));
    expect(Buffer.from(accepted(text).rawBytes).toString()).toBe(text.replace('203.0.113.9', ''));
  });
  it('reads discovery results without fanning out [TYPED_RAW-001]', () => {
    expect(row('discovery_results', [{ address: '0xA', url: 'https://O', latency_ms: '77' }, {}, 5])).toEqual({
      ...{ table: 'discovery_result', orch_addresses: ['0xa'], orch_urls: ['https://o'], latencies_ms: ['77'] },
    });
  });
  it.each([
    [
      'create_signed_ticket',
      { session_id: 's', billable_secs: '1.50', computed_fee: '0.1', sequence_number: '7' },
      { table: 'signed_ticket', billable_seconds: '1.50', sequence_number: 7 },
    ],
    [
      'ai_batch_request',
      { type: 'ai_batch_request_completed', success: true, tries: 2, duration_ms: 5, orch_url: 'https://O' },
      { table: 'ai_batch_event', is_success: true, orch_url: 'https://o', price_per_unit: null },
    ],
    [
      'ai_llm_request',
      { type: 'llm_stream_completed', ttft_ms: 12.5, total_tokens: 9 },
      { table: 'llm_event', ttft_ms: 12.5, total_tokens: 9 },
    ],
    [
      'job_gateway',
      { type: 'job_gateway_completed', capability: 'Cap', http_status: 200 },
      { table: 'byoc_job_event', capability: 'Cap', http_status: 200 },
    ],
    ['job_payment', { amount: '5', currency: 'wei' }, { table: 'byoc_payment_event', amount: '5' }],
    ['job_orchestrator', { worker_url: 'HTTP://W' }, { table: 'byoc_orchestrator_event', worker_url: 'http://w' }],
    ['job_auth', { success: false, error: 'no' }, { table: 'byoc_auth_event', is_success: false, error: 'no' }],
    [
      'worker_lifecycle',
      { price_per_unit: 1e-7, worker_options: [{ model: 'm' }, {}] },
      { table: 'worker_lifecycle_event', price_per_unit: '0.0000001', models: ['m'] },
    ],
  ])('reads %s', (type, data, wanted) => {
    expect(row(type, data)).toMatchObject(wanted);
  });
});

describe('spec dialect v1 [domain 2.5]', () => {
  const ids = { request_id: 'r', stream_id: 's' };
  it('reads the gateway’s request as milestones', () => {
    const start = session(
      v1('gateway.request.start', {
        ...ids,
        cold_start: true,
        prompt_received_ms: NOW - 50,
        is_synthetic: true,
        pipeline_id: 'p',
        model_id: 'm',
        node_addr: '0xN',
      }),
    );
    expect(milestonesOf(start)).toEqual(['receive_request']);
    expect(start).toMatchObject({
      isColdStart: true,
      startTimeMs: NOW - 50,
      isSynthetic: true,
      gateway: 'pub',
      region: 'eu',
      pipelineText: 'p',
      modelText: 'm',
      orchAddress: '0xn',
      showsIdentity: true,
    });
    expect(milestonesOf(session(v1('gateway.request.first_frame', ids)))).toEqual([
      'receive_first_processed',
      'few_processed',
    ]);
    const image = session(v1('gateway.request.first_frame', { ...ids, is_loading_image: true, frame_ts_ms: NOW - 70 }));
    expect([milestonesOf(image), image.ownAtMs]).toEqual([['loading_image'], NOW - 70]);
    expect(milestonesOf(session(v1('gateway.request.end', { ...ids, status: 'success' })))).toEqual(['close']);
    expect(session(v1('gateway.request.end', { ...ids, status: 'failure', failure_reason: 'timeout' }))).toMatchObject({
      isError: true,
      message: 'timeout',
      failureReason: 'timeout',
    });
    const both = { ...ids, failure_reason: 'Model_Error', message: 'cuda' };
    expect(session(v1('gateway.request.error', both))).toMatchObject({ message: 'cuda', failureReason: 'model_error' });
    expect(session(v1('gateway.request.end', { ...both, status: 'success' }))).toMatchObject({ failureReason: '' });
    expect(session(v1('gateway.request.error', ids))).toMatchObject({ isError: true, milestones: 0 });
  });
  it('reads a swap with both ends', () => {
    expect(
      session(
        v1('gateway.swap', {
          ...ids,
          node_addr: '0xC',
          from_orchestrator_address: '0xA',
          to_orchestrator_address: '0xB',
          reason: 'price',
        }),
      ),
    ).toMatchObject({
      ...{ isSwap: true, showsIdentity: false, orchAddress: '0xa', swapToAddress: '0xb', swapReason: 'price' },
    });
  });
  it.each(['runner', 'transcoder', 'orchestrator'])('takes of %s the orchestrator only, no flags', (publisher) => {
    for (const type of ['request.start', 'request.end', 'request.error']) {
      const event = session(v1(`${publisher}.${type}`, { ...ids, node_addr: 'https://N', status: 'failure' }));
      expect(event).toMatchObject({
        milestones: 0,
        isError: false,
        gateway: '',
        orchUrl: 'https://n',
        showsIdentity: true,
      });
    }
  });
  it('reads a metrics sample as a status with transport and GPU readings', () => {
    const { fact } = accepted(
      v1('runner.metrics.sample', {
        trace_id: 't',
        fps: 24,
        tx_bytes: 10,
        sampling_interval_ms: 1000,
        gpu: { uuid: 'GPU-1' },
      }),
    );
    expect(fact).toMatchObject({
      event: {
        ...{ sessionKey: '_trace|t', isSample: true, state: 'ONLINE', fpsMicro: 24_000_000, familyRank: 1 },
        transport: { txBytes: 10, samplingIntervalMs: 1000, gpuUuid: 'GPU-1', publisherId: 'Pub' },
      },
    });
  });
  it('keeps heartbeats, sessions and summaries without deriving anything', () => {
    for (const type of ['gateway.heartbeat', 'sla.window.summary', 'sla.compliance.score']) {
      expect(accepted(v1(type, {})).fact).toMatchObject({ kind: 'other', table: 'v1_event' });
    }
    for (const type of ['orchestrator.session.start', 'gateway.session.end']) {
      expect(accepted(v1(type, ids)).fact).toMatchObject({ kind: 'other', table: 'v1_event' });
    }
    // not in the contract's list, so ignored like every other unknown family [INGEST-003]
    expect(reason(v1('orchestrator.session.error', ids))).toBe('unsupported_event_family');
  });
  it('is test traffic by each of the three marks', () => {
    const of = (payload: object): boolean => session(v1('runner.metrics.sample', { ...ids, ...payload })).isSynthetic;
    expect([of({}), of({ is_synthetic: false }), of({ is_synthetic: true })]).toEqual([false, false, true]);
    expect(of({ stream_id: 'aiJobTesterStream-1' })).toBe(true);
    expect(of({ client_source: 'scope-loadtest', is_synthetic: false })).toBe(true);
  });
  it('takes the region from the gateway alone: a runner’s is not the gateway’s', () => {
    const of = (type: string): string => session(v1(type, ids)).region;
    expect(['gateway.request.start', 'gateway.swap'].map(of)).toEqual(['eu', 'eu']);
    expect(['runner.metrics.sample', 'orchestrator.request.start', 'transcoder.request.end'].map(of)).toEqual([
      ...['', '', ''],
    ]);
  });
  it('has a second duplicate key where a sequence is present', () => {
    const key = (payload: object): string | null => accepted(v1('gateway.swap', { ...ids, ...payload })).sequenceKey;
    expect(key({})).toBeNull();
    expect(key({ sequence: 1 })).toBe(key({ sequence: '1' }));
    expect(key({ sequence: 1 })).not.toBe(key({ sequence: 2 }));
  });
  it('is chosen by event_type or event_id, even beside id and type', () => {
    expect(
      reason({ ...gateway('ai_stream_status', { ...IDS, state: 'ONLINE' }), event_id: 'x', event_type: 'nope' }),
    ).toBe('unsupported_event_family');
    expect(reason({ ...gateway('ai_stream_status', { ...IDS, state: 'ONLINE' }), event_id: '' })).toBe('accepted');
  });
});
