import type { ClientBase } from 'pg';
import type { Fold } from '../../domain/fold.js';
import { type EncodedFold, encodeFold, FOLD_VERSION } from '../../domain/fold-codec.js';
import { readTableShape, recordset, rowsParameter, type TableShape, upsert } from '../rows.js';

export interface StoredSlice {
  readonly org: string;
  readonly sessionKey: string;
  readonly startMs: number;
  readonly fold: Fold;
}

/** A slice as it is stored; decoding it throws when it is damaged. */
export interface EncodedSlice {
  readonly org: string;
  readonly sessionKey: string;
  readonly startMs: number;
  readonly fold: EncodedFold;
}

/** Slices of one session from `fromMs` on. */
export interface SliceRange {
  readonly org: string;
  readonly sessionKey: string;
  readonly fromMs: number;
}

export const SLICE_TABLE = 'core.session_slice';

// Lateral with `offset 0` for the reason given in session-event-reader.
const READ = {
  name: 'session-slice-store/read',
  text: `
select q.ordinal, s.slice_start, s.fold
from unnest($1::text[], $2::text[], $3::timestamptz[]) with ordinality as q (org, session_key, from_at, ordinal)
cross join lateral (
  select slice_start, fold
  from core.session_slice as s
  where s.session_key = q.session_key and s.org = q.org and s.slice_start >= q.from_at
    and s.slice_start >= $4 and s.fold_version = $5
  order by s.slice_start
  offset 0
) as s`,
};

/**
 * Stored slices of the ranges, each range's in time order. A slice of another fold version is as good as none: the
 * session says so as well, and all its slices are folded again.
 */
export async function readSlices(client: ClientBase, ranges: readonly SliceRange[]): Promise<EncodedSlice[]> {
  if (ranges.length === 0) return [];
  const { rows } = await client.query<{ ordinal: string; slice_start: Date; fold: EncodedFold }>({
    ...READ,
    values: [
      ranges.map(({ org }) => org),
      ranges.map(({ sessionKey }) => sessionKey),
      ranges.map(({ fromMs }) => new Date(fromMs)),
      new Date(ranges.reduce((least, { fromMs }) => Math.min(least, fromMs), Number.POSITIVE_INFINITY)),
      FOLD_VERSION,
    ],
  });
  return rows.flatMap(({ ordinal, slice_start, fold }) => {
    const range = ranges[Number(ordinal) - 1];
    if (range === undefined) return [];
    const { org, sessionKey } = range;
    return [{ org, sessionKey, startMs: slice_start.getTime(), fold }];
  });
}

/** A slice as a row of its table. */
export function sliceRow({ org, sessionKey, startMs, fold }: StoredSlice): object {
  return { org, sessionKey, sliceStart: new Date(startMs), foldVersion: FOLD_VERSION, fold: encodeFold(fold) };
}

export interface SliceWriter {
  write(client: ClientBase, slices: readonly StoredSlice[]): Promise<void>;
}

export async function createSliceWriter(client: Pick<ClientBase, 'query'>): Promise<SliceWriter> {
  const shape: TableShape = await readTableShape(client, SLICE_TABLE);
  const statement = { name: 'session-slice-store/write', text: upsert(shape, recordset('$1', shape.columns)) };
  return {
    async write(session, slices) {
      if (slices.length > 0) await session.query({ ...statement, values: [rowsParameter(slices.map(sliceRow))] });
    },
  };
}
