import type { ClientBase } from 'pg';
import type { ResolvedSession } from '../../domain/session-rows.js';
import { copyInto } from '../copy-binary.js';
import { type Column, columnList, readTableShape } from '../rows.js';
import type { StoredSlice } from '../stores/session-slice-store.js';
import {
  DECISION_TABLE,
  DECISION_TIMES,
  rowsByTable,
  SESSION_TABLES,
  type SessionTable,
} from '../stores/session-tables.js';
import { type CopyRows, copyRows } from './copy-rows.js';

/** Writes a rebuilt `core` by binary COPY, on one connection and in its transaction. */
export interface RebuildWriter {
  /** Adds a session; resolves when there is room for the next. */
  add(resolved: ResolvedSession, slices: readonly StoredSlice[]): Promise<void> | undefined;
  /** Writes what waits and makes the decisions current. */
  finish(decidedAt: Date): Promise<void>;
}

/** Rows that wait in memory before one COPY per table; a second lot is resolved while the first is written. */
const ROWS_PER_FLUSH = 20_000;

const NEW_DECISION = 'pg_temp.new_decision';

export async function createRebuildWriter(client: ClientBase): Promise<RebuildWriter> {
  const decisionShape = await readTableShape(client, DECISION_TABLE);
  const given = decisionShape.columns.filter(({ name }) => !DECISION_TIMES.includes(name));
  await client.query(
    `create temp table new_decision on commit drop as select ${columnList(given)} from core.decision with no data`,
  );
  await client.query('create temp table new_grain on commit drop as select * from core.grain with no data');
  const targets = new Map<SessionTable, CopyRows>();
  for (const table of SESSION_TABLES) targets.set(table, copyRows(await readTableShape(client, table), table));
  targets.set(DECISION_TABLE, copyRows({ ...decisionShape, columns: given }, NEW_DECISION));
  const grains = copyRows(await readTableShape(client, 'core.grain'), 'pg_temp.new_grain');
  const seenGrains = new Set<string>();

  let waiting = 0;
  let flushing: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | null = null;

  async function flush(): Promise<void> {
    const lots = [...targets.values(), grains].map((target) => target.take());
    waiting = 0;
    await flushing;
    if (failure !== null) throw failure.error;
    flushing = (async () => {
      for (const { table, columns, rows } of lots) {
        if (rows.length > 0) await copyInto(client, { table, columns, rows });
      }
    })().catch((error: unknown) => {
      failure = { error };
    });
  }

  return {
    add(resolved, slices) {
      const rows = rowsByTable(resolved, slices);
      for (const [table, target] of targets) {
        target.add(rows[table]);
        waiting += rows[table].length;
      }
      for (const grain of resolved.grains) {
        if (seenGrains.has(grain.grainId)) continue;
        seenGrains.add(grain.grainId);
        grains.add([grain]);
      }
      return waiting < ROWS_PER_FLUSH ? undefined : flush();
    },
    async finish(decidedAt) {
      await flush();
      await flushing;
      if (failure !== null) throw failure.error;
      await client.query(`
insert into core.grain select * from pg_temp.new_grain order by grain_id on conflict do nothing`);
      await replaceDecisions(client, given, decidedAt);
    },
  };
}

/** As the session store does batch by batch: changed or vanished decisions are superseded, new ones added [FACT-003]. */
async function replaceDecisions(client: ClientBase, given: readonly Column[], decidedAt: Date): Promise<void> {
  await client.query('analyze new_decision');
  const content = given.filter(({ name }) => !['org', 'session_key', 'ordinal'].includes(name));
  const sameSegment = 't.org = n.org and t.session_key = n.session_key and t.ordinal = n.ordinal';
  await client.query(
    `
update core.decision as t
set superseded_at = $1
where t.superseded_at is null
  and not exists (
    select from ${NEW_DECISION} as n
    where ${sameSegment} and (${columnList(content, 't')}) is not distinct from (${columnList(content, 'n')})
  )
  and not exists (select from core.session as s where s.org = t.org and s.session_key = t.session_key and not exists (
    select from ${NEW_DECISION} as n where n.org = t.org and n.session_key = t.session_key
  ))`,
    [decidedAt],
  );
  await client.query(
    `
insert into core.decision (${columnList(given)}, decided_at)
select ${columnList(given, 'n')}, $1
from ${NEW_DECISION} as n
where not exists (select from core.decision as t where ${sameSegment} and t.superseded_at is null)`,
    [decidedAt],
  );
}
