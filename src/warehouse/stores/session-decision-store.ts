import type { ClientBase } from 'pg';
import type { ResolvedSession } from '../../domain/session-rows.js';
import { columnList, readTableShape, recordset, rowsParameter, type TableShape } from '../rows.js';
import { DECISION_TABLE, DECISION_TIMES } from './session-tables.js';

export interface DecisionStore {
  /** Makes the decisions of the sessions the current ones. */
  write(client: ClientBase, sessions: readonly ResolvedSession[], decidedAt: Date): Promise<void>;
}

/** A changed decision supersedes the current one, an identical one writes nothing [FACT-001, FACT-003]. */
export async function createDecisionStore(client: Pick<ClientBase, 'query'>): Promise<DecisionStore> {
  const statements = statementsOf(await readTableShape(client, DECISION_TABLE));
  return {
    async write(session, sessions, decidedAt) {
      const rows = rowsParameter(sessions.flatMap(({ decisions }) => decisions));
      const kept = rowsParameter(
        sessions.map(({ session: { org, sessionKey }, decisions }) => ({ org, sessionKey, kept: decisions.length })),
      );
      await session.query({ ...statements.supersedeChanged, values: [rows, decidedAt] });
      await session.query({ ...statements.supersedeGone, values: [kept, decidedAt] });
      await session.query({ ...statements.insert, values: [rows, decidedAt] });
    },
  };
}

function statementsOf(shape: TableShape) {
  const given = shape.columns.filter(({ name }) => !DECISION_TIMES.includes(name));
  const content = given.filter(({ name }) => !['org', 'session_key', 'ordinal'].includes(name));
  const input = recordset('$1', given);
  return {
    supersedeChanged: {
      name: 'session-decision-store/supersede-changed-decisions',
      text: `
update core.decision as t
set superseded_at = $2
from ${input} as i
where t.org = i.org and t.session_key = i.session_key and t.ordinal = i.ordinal and t.superseded_at is null
  and (${columnList(content, 't')}) is distinct from (${columnList(content, 'i')})`,
    },
    supersedeGone: {
      name: 'session-decision-store/supersede-gone-decisions',
      text: `
update core.decision as t
set superseded_at = $2
from jsonb_to_recordset($1::jsonb) as q (org text, "sessionKey" text, kept integer)
where t.org = q.org and t.session_key = q."sessionKey" and t.ordinal >= q.kept and t.superseded_at is null`,
    },
    insert: {
      name: 'session-decision-store/insert-decisions',
      text: `
insert into core.decision (${columnList(given)}, decided_at)
select ${columnList(given, 'i')}, $2
from ${input} as i
where not exists (
  select
  from core.decision as t
  where t.org = i.org and t.session_key = i.session_key and t.ordinal = i.ordinal and t.superseded_at is null
)`,
    },
  };
}
