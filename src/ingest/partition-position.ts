import type { Pool } from 'pg';
import { AppError } from '../errors.js';
import {
  findSource,
  type OpenedSource,
  openSource,
  type SourceKey,
  skipGap,
} from '../warehouse/stores/source-store.js';

/** The broker's first kept offset and the one its next message will get. */
export interface Watermarks {
  readonly low: number;
  readonly high: number;
}

export interface PositionOptions {
  readonly pool: Pool;
  readonly key: SourceKey & { readonly org: string };
  readonly watermarks: Watermarks;
  readonly nowMs: number;
  readonly onGap: (fromOffset: number, toOffset: number) => void;
}

/** What an operator must settle when a partition holds another message where the last one consumed was. */
export function recreated({ topic, partition }: SourceKey, offset: number): AppError {
  const detail = `${topic}/${partition} holds another message at offset ${offset} than the one consumed from there`;
  return new AppError('TOPIC_RECREATED', detail);
}

/**
 * Where to go on reading a partition: the offset stored beside the data, held against the broker's watermarks. Below
 * low the messages between are lost: a gap is recorded and reading goes on behind it. Above high the topic was made
 * again: `TOPIC_RECREATED`, since offsets mean other messages now. A partition never seen begins at low, without a gap.
 */
export async function locatePartition(options: PositionOptions): Promise<OpenedSource> {
  const { pool, key, watermarks, nowMs, onGap } = options;
  const known = await findSource(pool, key);
  const opened = known?.source.org === key.org ? known : await openSource(pool, key, watermarks.low);
  if (opened.nextOffset > watermarks.high) {
    throw new AppError(
      'TOPIC_RECREATED',
      `${key.topic}/${key.partition} ends at ${watermarks.high}, but ${opened.nextOffset} is stored as its next offset`,
    );
  }
  if (opened.nextOffset >= watermarks.low) {
    return opened;
  }
  const isOurs = await skipGap(pool, {
    sourceId: opened.source.sourceId,
    fromOffset: opened.nextOffset,
    toOffset: watermarks.low,
    reason: 'expired',
    foundAtMs: nowMs,
  });
  if (!isOurs) {
    return locatePartition(options);
  }
  onGap(opened.nextOffset, watermarks.low);
  return { ...opened, nextOffset: watermarks.low };
}
