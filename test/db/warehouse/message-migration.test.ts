import { describe, expect, test } from 'vitest';
import { readMigrations } from '../../../src/warehouse/frozen-migrations.js';
import { migrate } from '../../../src/warehouse/migrate.js';
import { ROLE_PASSWORDS } from '../../support/test-database.js';
import { waitFor } from '../../support/wait-for.js';
import { enginesUnderTest, useWarehouse, type Warehouse } from './engines-under-test.js';
import { insertRows } from './seed.js';

const AT = '2026-03-02T10:00:00Z';
const OF_MESSAGES = ['ticket', 'byoc_auth', 'byoc_worker'];
const event = (id: string) => ({ event_at: AT, org: 'daydream', event_id: id });
const WAITING_LOCKS = `select from pg_locks as l join pg_class as c on c.oid = l.relation
  where not l.granted and c.relname = 'discovery_mark'`;

/** Takes a fresh database back to what it was before 0017_messages.sql. */
async function asBeforeMessages({ owner, engine, rollups }: Warehouse): Promise<void> {
  for (const rollup of rollups.toReversed().filter(({ root }) => OF_MESSAGES.includes(root.replace('core.', '')))) {
    await owner.query(`drop view rollup.${rollup.name}_fresh cascade`);
    await engine.dropRollup(owner, rollup);
    await owner.query('delete from naap.rollup where name = $1', [rollup.name]);
  }
  for (const table of OF_MESSAGES) {
    await owner.query(`drop table core.${table} cascade`);
    await owner.query(`delete from naap.big_table where schema_name = 'core' and table_name = $1`, [table]);
  }
  await owner.query('drop table work.message_mark cascade');
  const files = await readMigrations();
  const textOf = (name: string): string => files.find((file) => file.name === name)?.text ?? '';
  for (const [, index] of textOf('0017_messages.sql').matchAll(/create index (\w+) on fact\./g)) {
    await owner.query(`drop index fact.${index}`);
  }
  const before = /create table work\.discovery_mark \([^;]+;/.exec(textOf('0012_discovery_and_ingest.sql'));
  await owner.query(before?.[0] ?? '');
  await owner.query('grant insert on work.discovery_mark to naap_ingest');
  // as the views of the release before were
  await owner.query('create view api.work_backlog as select count(*) as mark_count from work.discovery_mark');
  await owner.query("delete from naap.migration where name = '0017_messages.sql'");
  await owner.query("delete from naap.applied where name = 'views'");
}

async function marks({ owner }: Warehouse): Promise<readonly string[]> {
  const { rows } = await owner.query<{ mark: string }>(
    `select kind || ' ' || event_id as mark from work.message_mark order by 1`,
  );
  return rows.map(({ mark }) => mark);
}

describe.each(enginesUnderTest())('messages stored before they had rows of core, on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);

  test('are marked, and marks that wait or are just being set are kept', async () => {
    const { owner, database, connect } = warehouse();
    await asBeforeMessages(warehouse());
    await owner.query("select naap.ensure_storage(array['2026-03-02 10:00Z'::timestamptz])");
    await insertRows(owner, 'fact.signed_ticket', [event('t')]);
    await insertRows(owner, 'fact.byoc_auth_event', [event('a')]);
    await insertRows(owner, 'fact.worker_lifecycle_event', [event('w')]);
    await insertRows(owner, 'work.discovery_mark', [event('waits')]);
    const ingest = await connect('ingest');
    await ingest.query('begin');
    await ingest.query(
      `insert into work.discovery_mark (org, event_id, event_at) values ('daydream', 'in flight', $1)`,
      [AT],
    );
    const urls = { adminUrl: database.url(), ownerUrl: database.url('owner'), rolePasswords: ROLE_PASSWORDS };
    const migrating = migrate(urls);
    await waitFor(async () => (await owner.query(WAITING_LOCKS)).rows.length, { what: 'the migration to wait' });
    await ingest.query('commit');
    expect((await migrating).applied).toEqual(
      expect.arrayContaining(['0017_messages.sql', 'ticket_5m', 'byoc_auth_1h', 'byoc_worker_1d', 'views']),
    );
    expect(await marks(warehouse())).toEqual([
      ...['byoc_auth a', 'byoc_worker w', 'discovery in flight', 'discovery waits', 'ticket t'],
    ]);
  });
});
