import type { ClientBase } from 'pg';
import { MARKED_GATEWAYS } from '../readers/gateway-extent.js';

const TAKE = {
  name: 'gateway-mark-store/take',
  text: `
with taken as (delete from work.gateway_mark returning gateway)
select distinct gateway from taken order by 1`,
};

/** Takes every mark. Configuration that is read in later statements holds at least the changes of these marks. */
export async function takeGatewayMarks(client: ClientBase): Promise<readonly string[]> {
  return (await client.query<{ gateway: string }>(TAKE)).rows.map(({ gateway }) => gateway);
}

const COUNT = {
  name: 'gateway-mark-store/count',
  text: `select count(distinct gateway)::int as count from (${MARKED_GATEWAYS}) as m`,
};

/** How many gateways' configuration waits to be applied. */
export async function countMarkedGateways(client: Pick<ClientBase, 'query'>): Promise<number> {
  return (await client.query<{ count: number }>(COUNT)).rows[0]?.count ?? 0;
}
