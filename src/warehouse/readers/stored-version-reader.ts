import type { ClientBase } from 'pg';
import { FOLD_VERSION } from '../../domain/fold-codec.js';

// Sessions begun before the raw floor stay as they are for ever, parked ones until they can be resolved.
const NEEDS_REBUILD = {
  name: 'stored-version-reader/needs-rebuild',
  text: `
select not exists (select from core.session) or exists (
  select
  from core.session as s
  where s.fold_version < $1 and s.first_seen_at >= (select f.raw_floor from work.floor as f)
    and not exists (
      select from work.parked_session as p where p.org = s.org and p.session_key = s.session_key
    )
) as "needsRebuild"`,
};

/** Whether nothing is stored of sessions, or an older version stored some that could be made anew from their events. */
export async function needsRebuild(client: Pick<ClientBase, 'query'>): Promise<boolean> {
  const { rows } = await client.query<{ needsRebuild: boolean }>({ ...NEEDS_REBUILD, values: [FOLD_VERSION] });
  return rows[0]?.needsRebuild === true;
}
