import type { ClientBase } from 'pg';
import type { MessageRow } from '../../domain/message.js';
import type { MessageTables } from '../message-tables.js';
import type { MessageName } from '../readers/message-reader.js';
import { columnList, readTableShape, recordset, rowsParameter, type TableShape, upsert } from '../rows.js';

export interface MessageStore {
  /**
   * Makes the stored rows of some messages equal to these; answers the buckets whose rows were written, changed or
   * removed, each once.
   */
  write(client: ClientBase, messages: readonly MessageName[], rows: readonly MessageRow[]): Promise<readonly Date[]>;
}

/** A row is in the bucket of its instant: so no more storage is looked into. */
const NEAR_MS = 300_000;

/**
 * A message never changes, so what is removed was never made of it; below the raw floor, wherever that is by then, it may
 * have been.
 */
export async function createMessageStore(
  client: Pick<ClientBase, 'query'>,
  tables: MessageTables,
): Promise<MessageStore> {
  const shape = await readTableShape(client, tables.core);
  const removeSurplus = { name: `message-store/remove-surplus-${tables.kind}`, text: removeSql(tables, shape) };
  const write = {
    name: `message-store/write-${tables.kind}`,
    text: `
with written as (
  ${upsert(shape, recordset('$1', shape.columns), 't.bucket_start')}
)
select distinct bucket_start from written`,
  };
  return {
    async write(session, messages, rows) {
      if (messages.length === 0) return [];
      const computed = rowsParameter(rows);
      const times = messages.map(({ eventAt }) => eventAt.getTime());
      const removed = await session.query<{ bucket_start: Date }>({
        ...removeSurplus,
        values: [
          rowsParameter(messages),
          computed,
          new Date(Math.min(...times) - NEAR_MS),
          new Date(Math.max(...times)),
        ],
      });
      const written = await session.query<{ bucket_start: Date }>({ ...write, values: [computed] });
      const buckets = [...removed.rows, ...written.rows].map((row) => row.bucket_start.getTime());
      return [...new Set(buckets)].map((ms) => new Date(ms));
    },
  };
}

const removeSql = ({ core, at }: MessageTables, { key }: TableShape): string => `
with removed as (
  delete from ${core} as t
  using jsonb_to_recordset($1::jsonb) as q (org text, "eventId" text, "eventAt" timestamptz)
  where t.event_id = q."eventId" and t.org = q.org and t.${at} = q."eventAt"
    and t.bucket_start >= $3 and t.bucket_start <= $4 and t.${at} >= (select w.raw_floor from work.floor as w)
    and not exists (
      select from ${recordset('$2', key)} as r where (${columnList(key, 'r')}) = (${columnList(key, 't')})
    )
  returning t.bucket_start
)
select distinct bucket_start from removed`;
