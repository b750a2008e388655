import type { Pool } from 'pg';
import type { RollupQuery } from './grain.js';
import { type RollupRow, readSums, rowKey, type TextRow } from './rollup-reader.js';

/** Values in µs: how many, their sum, and the integer that `domain/bins` decodes. */
export interface MicrosecondSums {
  readonly sampleCount: number;
  readonly usSum: number;
  readonly histogram: string;
}

/** Packets between consecutive readings. */
export interface PacketSums {
  readonly lostCount: number;
  readonly receivedCount: number;
}

/** Sums over samples of the leg from clients to gateways. */
export interface IngestSums {
  readonly sampleCount: number;
  readonly goodCount: number;
  readonly badCount: number;
  readonly otherQualityCount: number;
  readonly videoJitter: MicrosecondSums;
  readonly audioJitter: MicrosecondSums;
  readonly rtt: MicrosecondSums;
  readonly videoPackets: PacketSums;
  readonly audioPackets: PacketSums;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly transferMs: number;
}

const SPREADS = ['video_jitter', 'audio_jitter', 'rtt'] as const;
export const INGEST_COLUMNS = [
  'sample_count',
  'good_count',
  'bad_count',
  'other_quality_count',
  ...SPREADS.flatMap((name) => [`${name}_sample_count`, `${name}_us_sum`, `${name}_us_histogram`]),
  'video_packets_lost',
  'video_packets_received',
  'audio_packets_lost',
  'audio_packets_received',
  'received_bytes',
  'sent_bytes',
  'transfer_ms',
];

/** Sums of ingest samples by their bucket, at the asked grain. */
export async function readIngestQuality(db: Pool, query: RollupQuery): Promise<readonly RollupRow<IngestSums>[]> {
  const rows = await readSums(db, 'ingest', query, INGEST_COLUMNS);
  return rows.map((row) => ({ ...rowKey(row), sums: ingestSums(row) }));
}

const OF_SESSIONS = {
  name: 'ingest-quality-reader/of-sessions',
  text: `
select session_id, ${INGEST_COLUMNS.map((name) => `sum(${name})::text as ${name}`).join(', ')}
from api.ingest_contribution_1h
where session_id = any($1::text[])
group by session_id`,
};

/** Sums over the whole life of sessions, by public id; none for a session without a sample. */
export async function readIngestOfSessions(
  db: Pool,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, IngestSums>> {
  const { rows } = await db.query<TextRow>({ ...OF_SESSIONS, values: [sessionIds] });
  return new Map(rows.map((row) => [row['session_id'] ?? '', ingestSums(row)]));
}

export function ingestSums(row: TextRow): IngestSums {
  const count = (column: string): number => Number(row[column] ?? 0);
  const spread = (name: (typeof SPREADS)[number]): MicrosecondSums => ({
    sampleCount: count(`${name}_sample_count`),
    usSum: count(`${name}_us_sum`),
    histogram: row[`${name}_us_histogram`] ?? '0',
  });
  return {
    sampleCount: count('sample_count'),
    goodCount: count('good_count'),
    badCount: count('bad_count'),
    otherQualityCount: count('other_quality_count'),
    videoJitter: spread('video_jitter'),
    audioJitter: spread('audio_jitter'),
    rtt: spread('rtt'),
    videoPackets: { lostCount: count('video_packets_lost'), receivedCount: count('video_packets_received') },
    audioPackets: { lostCount: count('audio_packets_lost'), receivedCount: count('audio_packets_received') },
    receivedBytes: count('received_bytes'),
    sentBytes: count('sent_bytes'),
    transferMs: count('transfer_ms'),
  };
}
