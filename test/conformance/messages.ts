import { createHash } from 'node:crypto';

/** A message as a producer sends it; sent twice it is the same bytes. */
export interface Message {
  readonly id: string;
  readonly text: string;
}

/** A GPU operator as gateways see it: on-chain address, local (hot) key, service URI. */
export interface Orchestrator {
  readonly address: string;
  readonly hotKey: string;
  readonly url: string;
}

/** An orchestrator that no other scenario knows; its name decides everything about it. */
export function orchestratorOf(name: string): Orchestrator {
  const hex = (of: string): string => createHash('sha256').update(`${of} of ${name}`).digest('hex').slice(0, 40);
  return { address: `0x${hex('address')}`, hotKey: `0x${hex('key')}`, url: `https://${name}.example.com:8935` };
}

interface Trace {
  readonly by?: Partial<Orchestrator>;
  readonly message?: string;
  /** The runner's own clock, where it differs. */
  readonly ownTime?: string;
}

interface Status extends Pick<Trace, 'by'> {
  readonly fps?: number;
  readonly state?: string;
  readonly startTime?: string;
  readonly pipeline?: string;
  readonly error?: string;
  readonly restarts?: number;
}

export interface Report {
  readonly models?: Readonly<Record<string, { readonly warm?: boolean; readonly capacity?: number }>>;
  readonly hardware?:
    | readonly { readonly pipeline?: string; readonly model: string; readonly gpus: readonly string[] }[]
    | null;
  readonly freeMemory?: number;
}

/** Writes the messages of one scenario: ids by their number, instants on its day. Times are `HH:MM:SS[.mmm]` UTC. */
export function createScribe(name: string, day: string) {
  let count = 0;
  const gateway = `${name}.gateway.example.com`;
  const ms = (time: string): number => Date.parse(time.includes('T') ? time : `${day}T${time}Z`);
  const nextId = (): string => {
    count += 1;
    return `${name}-${count}`;
  };
  const message = (type: string, time: string, data: unknown, fields: object = {}): Message => {
    const id = nextId();
    return { id, text: JSON.stringify({ id, type, timestamp: String(ms(time)), gateway, data, ...fields }) };
  };

  return {
    day,
    gateway,
    ms,
    message,
    /** Bytes that are no message of either dialect. */
    raw: (text: string): Message => ({ id: '', text }),
    v1: (type: string, time: string, payload: object, fields: object = {}): Message => {
      const id = nextId();
      const envelope = { event_id: id, schema_version: 'v1', event_type: type, timestamp_ms: ms(time) };
      const publisher = { publisher_id: gateway, publisher_type: type.split('.')[0] ?? '', nodes_uuid: 'n' };
      return { id, text: JSON.stringify({ ...envelope, ...publisher, payload, ...fields }) };
    },
    /** A capability report of one or more orchestrators. */
    report: (time: string, elements: readonly object[]): Message => message('network_capabilities', time, elements),
    stream: (streamId: string, requestId = `${streamId}-request`) => {
      const ids = { stream_id: streamId, request_id: requestId };
      const infoOf = (by: Partial<Orchestrator> = {}) => ({ address: by.hotKey ?? '', url: by.url ?? '' });
      return {
        ...ids,
        trace: (time: string, type: string, { by, message: text, ownTime }: Trace = {}): Message =>
          message('stream_trace', time, {
            ...ids,
            type,
            pipeline_id: '',
            orchestrator_info: infoOf(by),
            ...(type === 'orchestrator_swap' ? {} : { timestamp: ms(ownTime ?? time) }),
            ...(text === undefined ? {} : { message: text }),
          }),
        status: (time: string, { by, fps = 0, state, startTime, pipeline = '', error, restarts = 0 }: Status = {}) =>
          message('ai_stream_status', time, {
            ...ids,
            type: 'status',
            timestamp: ms(time),
            pipeline,
            pipeline_id: '',
            orchestrator_info: infoOf(by),
            ...(state === undefined ? {} : { state }),
            ...(startTime === undefined ? {} : { start_time: ms(startTime) }),
            inference_status: { fps, last_error: error ?? null, restart_count: restarts },
            input_status: { fps: 30 },
          }),
        event: (time: string, type: string, fields: object = {}): Message =>
          message('ai_stream_events', time, { ...ids, type, ...fields }),
        ingest: (time: string, stats: object = {}): Message =>
          message('stream_ingest_metrics', time, {
            ...ids,
            stats: {
              conn_quality: 'good',
              peer_conn_stats: { BytesReceived: 1000, BytesSent: 10 },
              track_stats: [],
              ...stats,
            },
          }),
      };
    },
  };
}

/** One element of a capability report; addresses as checksummed as gateways write them. */
export function elementOf(node: Orchestrator, { models = {}, hardware = null, freeMemory = 0 }: Report): object {
  return {
    address: node.address.toUpperCase().replace('0X', '0x'),
    local_address: node.hotKey,
    orch_uri: node.url,
    capabilities: { capacities: {}, version: '0.8.9', constraints: { PerCapability: { 35: { models } } } },
    capabilities_prices: null,
    hardware:
      hardware?.map(({ pipeline = 'live-video-to-video', model, gpus }) => ({
        pipeline,
        model_id: model,
        gpu_info: gpus.map((id) => ({ id, name: 'RTX 4090', memory_total: 24_000_000_000, memory_free: freeMemory })),
      })) ?? null,
  };
}

/** An element that offers one warm model on GPUs. */
export function surfaceOf(node: Orchestrator, model: string, ...gpus: readonly string[]): object {
  return elementOf(node, { models: { [model]: { warm: true, capacity: 1 } }, hardware: [{ model, gpus }] });
}
