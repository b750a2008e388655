import type { ClientBase } from 'pg';
import type { Grain } from '../../domain/grain.js';
import { copyInto } from '../copy-binary.js';
import { type Column, columnList, readTableShape } from '../rows.js';
import {
  DECISION_TABLE,
  DECISION_TIMES,
  SESSION_TABLES,
  type SessionTable,
  type SessionTables,
} from '../stores/session-tables.js';
import { type CopyRows, copyRows } from './copy-rows.js';

/** What one session resolved to, as rows. */
export interface RebuiltRows {
  readonly tables: SessionTables;
  readonly grains: readonly Grain[];
}

/** Writes a rebuilt `core` by binary COPY, on one connection and in its transaction. */
export interface RebuildWriter {
  /** Writes the rows of some sessions, one COPY per table; a row that breaks a rule of its table is refused here. */
  write(sessions: readonly RebuiltRows[]): Promise<void>;
  /** Once, after all sessions: adds the grains and makes the decisions current. */
  finish(decidedAt: Date): Promise<void>;
}

const NEW_DECISION = 'pg_temp.new_decision';

export async function createRebuildWriter(client: ClientBase): Promise<RebuildWriter> {
  const decisionShape = await readTableShape(client, DECISION_TABLE);
  const given = decisionShape.columns.filter(({ name }) => !DECISION_TIMES.includes(name));
  // With the constraints of their tables, so that what these would refuse is refused while its session is known.
  await client.query(`
create temp table new_decision (like core.decision including constraints) on commit drop;
alter table pg_temp.new_decision drop column decision_id, drop column decided_at, drop column superseded_at;
create temp table new_grain (like core.grain including constraints) on commit drop`);
  const targets = new Map<SessionTable, CopyRows>([
    [DECISION_TABLE, copyRows({ ...decisionShape, columns: given }, NEW_DECISION)],
  ]);
  for (const table of SESSION_TABLES) targets.set(table, copyRows(await readTableShape(client, table), table));
  const newGrains = copyRows(await readTableShape(client, 'core.grain'), 'pg_temp.new_grain');

  async function copy(target: CopyRows, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return;
    target.add(rows);
    await copyInto(client, target.take());
  }

  return {
    async write(sessions) {
      for (const [table, target] of targets) {
        await copy(
          target,
          sessions.flatMap(({ tables }) => tables[table]),
        );
      }
      const grains = new Map(sessions.flatMap((one) => one.grains).map((grain) => [grain.grainId, grain]));
      await copy(newGrains, [...grains.values()]);
    },
    async finish(decidedAt) {
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
