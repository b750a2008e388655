import type { ClientBase } from 'pg';
import type { Grain } from '../../domain/grain.js';
import { type Refusal, writeAccepted } from '../accepted-write.js';
import { type Column, columnList, readTableShape } from '../rows.js';
import { createGrainStore } from '../stores/grain-store.js';
import type { SessionName } from '../stores/session-store.js';
import {
  DECISION_TABLE,
  DECISION_TIMES,
  SESSION_TABLES,
  type SessionTable,
  type SessionTables,
} from '../stores/session-tables.js';
import { type RowCopier, rowCopier } from './copy-rows.js';

/** What one session resolved to, as rows. */
export interface RebuiltRows {
  readonly tables: SessionTables;
  readonly grains: readonly Grain[];
}

/** Writes a rebuilt `core` by binary COPY, on one connection and in its transaction. */
export interface RebuildWriter {
  /** Writes the rows of some sessions, one COPY per table; a row that breaks a rule of its table is refused here. */
  write(sessions: readonly RebuiltRows[]): Promise<void>;
  /** Once, after all sessions: makes the decisions current, but for those of sessions that it answers. */
  finish(decidedAt: Date): Promise<readonly Refusal<SessionName>[]>;
}

const NEW_DECISION = 'pg_temp.new_decision';

export async function createRebuildWriter(client: ClientBase): Promise<RebuildWriter> {
  const decisionShape = await readTableShape(client, DECISION_TABLE);
  const given = decisionShape.columns.filter(({ name }) => !DECISION_TIMES.includes(name));
  // With the constraints of their tables, so that what these would refuse is refused while its session is known.
  await client.query(`
create temp table new_decision (like core.decision including constraints) on commit drop;
alter table pg_temp.new_decision drop column decision_id, drop column decided_at, drop column superseded_at`);
  const targets = new Map<SessionTable, RowCopier>([
    [DECISION_TABLE, rowCopier({ ...decisionShape, columns: given }, NEW_DECISION)],
  ]);
  for (const table of SESSION_TABLES) targets.set(table, rowCopier(await readTableShape(client, table), table));
  const grainStore = await createGrainStore(client);
  const known = new Set<string>();

  return {
    async write(sessions) {
      for (const [table, target] of targets) {
        await target.copy(
          client,
          sessions.flatMap(({ tables }) => tables[table]),
        );
      }
      // nobody else adds grains while everything is rebuilt, so nobody waits for these
      const grains = sessions.flatMap((one) => one.grains).filter(({ grainId }) => !known.has(grainId));
      await grainStore.add(client, grains);
      for (const { grainId } of grains) known.add(grainId);
    },
    async finish(decidedAt) {
      await client.query('analyze new_decision');
      const inOneGo = await writeAccepted(client, [null], () => replaceDecisions(client, given, decidedAt, null));
      if (inOneGo.refused.length === 0) return [];
      const sessions = await readDecided(client);
      const replace = (some: readonly SessionName[]) => replaceDecisions(client, given, decidedAt, some);
      return (await writeAccepted(client, sessions, replace)).refused;
    },
  };
}

/**
 * As the session store does batch by batch: changed or vanished decisions are superseded, new ones added [FACT-003]; of
 * these sessions, or of all in one go.
 */
async function replaceDecisions(
  client: ClientBase,
  given: readonly Column[],
  decidedAt: Date,
  sessions: readonly SessionName[] | null,
): Promise<void> {
  const content = given.filter(({ name }) => !['org', 'session_key', 'ordinal'].includes(name));
  const sameSegment = 't.org = n.org and t.session_key = n.session_key and t.ordinal = n.ordinal';
  const among = (alias: string): string =>
    sessions === null
      ? ''
      : `and (${alias}.org, ${alias}.session_key) in (select * from unnest($2::text[], $3::text[]))`;
  const names = sessions === null ? [] : [sessions.map(({ org }) => org), sessions.map((one) => one.sessionKey)];
  await client.query(
    `
update core.decision as t
set superseded_at = $1
where t.superseded_at is null ${among('t')}
  and not exists (
    select from ${NEW_DECISION} as n
    where ${sameSegment} and (${columnList(content, 't')}) is not distinct from (${columnList(content, 'n')})
  )
  and not exists (select from core.session as s where s.org = t.org and s.session_key = t.session_key and not exists (
    select from ${NEW_DECISION} as n where n.org = t.org and n.session_key = t.session_key
  ))`,
    [decidedAt, ...names],
  );
  await client.query(
    `
insert into core.decision (${columnList(given)}, decided_at)
select ${columnList(given, 'n')}, $1
from ${NEW_DECISION} as n
where not exists (select from core.decision as t where ${sameSegment} and t.superseded_at is null) ${among('n')}`,
    [decidedAt, ...names],
  );
}

/** The sessions whose decisions may change. */
async function readDecided(client: ClientBase): Promise<readonly SessionName[]> {
  const { rows } = await client.query<SessionName>(`
select org, session_key as "sessionKey" from ${NEW_DECISION}
union
select org, session_key from core.decision where superseded_at is null`);
  return rows;
}
