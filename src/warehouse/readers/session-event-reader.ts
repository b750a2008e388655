import type { ClientBase } from 'pg';
import {
  type FamilyRank,
  type IngestMetricsFact,
  type SessionEvent,
  STREAM_STATES,
  type StreamState,
  type TransportSample,
} from '../../domain/event.js';

/** What the fold reads of `fact.session_event`; instants as epoch milliseconds. */
type CellKind = 'text' | 'int' | 'float' | 'bool' | 'ms';
const CELLS: readonly (readonly [column: string, kind: CellKind])[] = [
  ['org', 'text'],
  ['session_key', 'text'],
  ['event_at', 'ms'],
  ['family_rank', 'int'],
  ['event_id', 'text'],
  ['name', 'text'],
  ['stream_id', 'text'],
  ['request_id', 'text'],
  ['gateway', 'text'],
  ['region', 'text'],
  ['is_synthetic', 'bool'],
  ['milestones', 'int'],
  ['own_at', 'ms'],
  ['orch_url', 'text'],
  ['orch_address', 'text'],
  ['shows_identity', 'bool'],
  ['pipeline_text', 'text'],
  ['model_text', 'text'],
  ['is_swap', 'bool'],
  ['swap_to_url', 'text'],
  ['swap_to_address', 'text'],
  ['swap_reason', 'text'],
  ['is_error', 'bool'],
  ['message', 'text'],
  ['is_restart', 'bool'],
  ['is_cold_start', 'bool'],
  ['is_sample', 'bool'],
  ['state', 'text'],
  ['fps_micro', 'int'],
  ['input_fps_micro', 'int'],
  ['has_last_error', 'bool'],
  ['restart_count', 'int'],
  ['start_time', 'ms'],
  ['failure_reason', 'text'],
  ['conn_quality', 'text'],
  ['bytes_received', 'int'],
  ['bytes_sent', 'int'],
  ['video_jitter_ms', 'float'],
  ['video_packets_lost', 'int'],
  ['video_packets_received', 'int'],
  ['audio_jitter_ms', 'float'],
  ['audio_packets_lost', 'int'],
  ['audio_packets_received', 'int'],
  ['rtt_ms', 'float'],
  ['transport', 'text'],
];
/** Where the measures of the ingest begin, in the order above. */
const INGEST_CELLS = CELLS.findIndex(([column]) => column === 'conn_quality');
const TRANSPORT_CELL = CELLS.findIndex(([column]) => column === 'transport');

/** Beside the columns: the readings of a v1 sample as JSON. Other events cost one comparison and a null. */
const TRANSPORT = `case when name = 'runner.metrics.sample' then (
    select json_build_array(
      t.publisher_id, t.gpu_uuid, t.gpu_model, t.gpu_memory_bytes, t.gpu_utilisation, t.cuda_version, t.tx_bytes,
      t.rx_bytes, t.tx_mbps, t.rx_mbps, t.sampling_interval_ms, t.achieved_flops, t.peak_flops
    )::text
    from fact.transport_sample as t
    where t.session_key = f.session_key and t.event_at = f.event_at and t.event_id = f.event_id and t.org = f.org
    limit 1
  ) end as transport`;

/** A row of the select list below: text, number, boolean or null, by position. */
export type EventCells = readonly (string | number | boolean | null)[];
export const EVENT_CELL_KINDS: readonly CellKind[] = CELLS.map(([, kind]) => kind);

/** Whole numbers of any kind come as int8, so that one decoder reads them all. */
export const EVENT_SELECT_LIST = CELLS.map(([column, kind]) => {
  if (column === 'transport') return TRANSPORT;
  if (kind === 'ms') return `(extract(epoch from ${column}) * 1000)::int8`;
  return kind === 'int' ? `${column}::int8` : column;
}).join(', ');

export interface OwnedEvent {
  readonly org: string;
  readonly event: SessionEvent;
}

/** Events of one session with event time in `[fromMs, toMs)`. */
export interface EventRange {
  readonly org: string;
  readonly sessionKey: string;
  readonly fromMs: number;
  readonly toMs: number;
}

// The lateral subquery keeps its `offset 0`: each range is one descent of the index by session, whatever the planner
// thinks of the sizes. The bounds over all ranges let it leave out partitions.
const READ_RANGES = {
  name: 'session-event-reader/ranges',
  text: `
select e.*
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) as q (org, session_key, from_at, to_at)
cross join lateral (
  select ${EVENT_SELECT_LIST}
  from fact.session_event as f
  where f.session_key = q.session_key and f.org = q.org
    and f.event_at >= q.from_at and f.event_at < q.to_at
    and f.event_at >= $5 and f.event_at < $6
  offset 0
) as e`,
};

/** Events of the ranges, in no order. */
export async function readEvents(client: ClientBase, ranges: readonly EventRange[]): Promise<OwnedEvent[]> {
  if (ranges.length === 0) return [];
  const { rows } = await client.query<unknown[]>({
    ...READ_RANGES,
    rowMode: 'array',
    values: [
      ranges.map(({ org }) => org),
      ranges.map(({ sessionKey }) => sessionKey),
      ranges.map(({ fromMs }) => new Date(fromMs)),
      ranges.map(({ toMs }) => new Date(toMs)),
      new Date(ranges.reduce((least, { fromMs }) => Math.min(least, fromMs), Number.POSITIVE_INFINITY)),
      new Date(ranges.reduce((most, { toMs }) => Math.max(most, toMs), Number.NEGATIVE_INFINITY)),
    ],
  });
  return rows.map((row) => eventOfCells(row.map(cellOfText)));
}

/** pg gives int8 as text, float8 as a number. */
function cellOfText(value: unknown, index: number): string | number | boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  return EVENT_CELL_KINDS[index] === 'text' ? value : Number(value);
}

/** The event of one row of the select list. Written by position, since a rebuild reads them by the million. */
export function eventOfCells(cells: EventCells): OwnedEvent {
  return {
    org: text(cells[0]),
    event: {
      sessionKey: text(cells[1]),
      eventAtMs: Number(cells[2]),
      familyRank: familyRank(cells[3]),
      eventId: text(cells[4]),
      name: text(cells[5]),
      streamId: text(cells[6]),
      requestId: text(cells[7]),
      gateway: text(cells[8]),
      region: text(cells[9]),
      isSynthetic: cells[10] === true,
      milestones: Number(cells[11]),
      ownAtMs: numberOrNull(cells[12]),
      orchUrl: text(cells[13]),
      orchAddress: text(cells[14]),
      showsIdentity: cells[15] === true,
      pipelineText: text(cells[16]),
      modelText: text(cells[17]),
      isSwap: cells[18] === true,
      swapToUrl: text(cells[19]),
      swapToAddress: text(cells[20]),
      swapReason: text(cells[21]),
      isError: cells[22] === true,
      message: text(cells[23]),
      isRestart: cells[24] === true,
      isColdStart: typeof cells[25] === 'boolean' ? cells[25] : null,
      isSample: cells[26] === true,
      state: stateOf(cells[27]),
      fpsMicro: numberOrNull(cells[28]),
      inputFpsMicro: numberOrNull(cells[29]),
      hasLastError: cells[30] === true,
      restartCount: numberOrNull(cells[31]),
      startTimeMs: numberOrNull(cells[32]),
      failureReason: text(cells[33]),
      ingest: ingestOf(cells, INGEST_CELLS),
      transport: transportOf(cells[TRANSPORT_CELL]),
    },
  };
}

/** Every ingest metrics event has a quality text, be it blank, and no other event has one. */
function ingestOf(cells: EventCells, at: number): IngestMetricsFact | null {
  const connQuality = cells[at];
  if (typeof connQuality !== 'string') return null;
  return {
    connQuality,
    bytesReceived: numberOrNull(cells[at + 1]),
    bytesSent: numberOrNull(cells[at + 2]),
    videoJitterMs: numberOrNull(cells[at + 3]),
    videoPacketsLost: numberOrNull(cells[at + 4]),
    videoPacketsReceived: numberOrNull(cells[at + 5]),
    audioJitterMs: numberOrNull(cells[at + 6]),
    audioPacketsLost: numberOrNull(cells[at + 7]),
    audioPacketsReceived: numberOrNull(cells[at + 8]),
    rttMs: numberOrNull(cells[at + 9]),
  };
}

type TransportCells = readonly [
  publisherId: string,
  gpuUuid: string,
  gpuModel: string,
  gpuMemoryBytes: number | null,
  gpuUtilisation: number | null,
  cudaVersion: string,
  txBytes: number | null,
  rxBytes: number | null,
  txMbps: number | null,
  rxMbps: number | null,
  samplingIntervalMs: number | null,
  achievedFlops: number | null,
  peakFlops: number | null,
];

/** Readings as the statement builds them; numbers come back from JSON as they went in. */
function transportOf(cell: EventCell): TransportSample | null {
  if (typeof cell !== 'string') return null;
  const cells: TransportCells = JSON.parse(cell);
  const [publisherId, gpuUuid, gpuModel, gpuMemoryBytes, gpuUtilisation, cudaVersion, ...numbers] = cells;
  const [txBytes, rxBytes, txMbps, rxMbps, samplingIntervalMs, achievedFlops, peakFlops] = numbers;
  return {
    publisherId,
    gpuUuid,
    gpuModel,
    gpuMemoryBytes,
    gpuUtilisation,
    cudaVersion,
    txBytes,
    rxBytes,
    txMbps,
    rxMbps,
    samplingIntervalMs,
    achievedFlops,
    peakFlops,
  };
}

type EventCell = EventCells[number] | undefined;

function text(cell: EventCell): string {
  return typeof cell === 'string' ? cell : '';
}

function numberOrNull(cell: EventCell): number | null {
  return typeof cell === 'number' ? cell : null;
}

function familyRank(cell: EventCell): FamilyRank {
  return cell === 0 || cell === 1 || cell === 2 ? cell : 3;
}

function stateOf(cell: EventCell): StreamState | null {
  return STREAM_STATES.find((state) => state === cell) ?? null;
}
