import type { ClientBase } from 'pg';
import type { Grain } from '../../domain/grain.js';
import { columnList, readTableShape, recordset, rowsParameter } from '../rows.js';

export interface GrainStore {
  /** Adds the grains that are not there yet. In the order of their ids, so that two writers never wait in a circle. */
  add(client: ClientBase, grains: Iterable<Grain>): Promise<void>;
}

export async function createGrainStore(client: Pick<ClientBase, 'query'>): Promise<GrainStore> {
  const shape = await readTableShape(client, 'core.grain');
  const statement = {
    name: 'grain-store/add',
    text: `
insert into core.grain (${columnList(shape.columns)})
select ${columnList(shape.columns, 'i')}
from ${recordset('$1', shape.columns)} as i
where not exists (select from core.grain as g where g.grain_id = i.grain_id)
order by i.grain_id
on conflict do nothing`,
  };
  return {
    async add(session, grains) {
      const distinct = [...new Map([...grains].map((grain) => [grain.grainId, grain])).values()];
      if (distinct.length > 0) await session.query({ ...statement, values: [rowsParameter(distinct)] });
    },
  };
}

const READ = {
  name: 'grain-store/read',
  text: `select grain_id::text as "grainId", org, gateway, orchestrator_address as "orchestratorAddress", pipeline, model,
  gpu_id as "gpuId", region, is_synthetic as "isSynthetic"
from core.grain
where grain_id = any($1::bigint[])`,
};

/** Grains by their ids. */
export async function readGrains(client: ClientBase, ids: readonly string[]): Promise<ReadonlyMap<string, Grain>> {
  const { rows } = await client.query<Grain>({ ...READ, values: [ids] });
  return new Map(rows.map((grain) => [grain.grainId, grain]));
}
