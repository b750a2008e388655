import { describe, expect, test } from 'vitest';
import { migrate } from '../../../src/warehouse/migrate.js';
import { ROLE_PASSWORDS } from '../../support/test-database.js';
import { enginesUnderTest, useWarehouse } from './engines-under-test.js';

describe.each(enginesUnderTest())('gateways configured before changes of them were marked, on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);

  test('are marked once by the upgrade, and by each change from then on', async () => {
    const { owner, database } = warehouse();
    await owner.query('drop function config.mark_gateway() cascade');
    await owner.query('drop table work.gateway_mark');
    await owner.query("delete from naap.migration where name = '0016_gateway_marks.sql'");
    await owner.query(
      "insert into config.gateway values ('10.0.0.7:8935', 'Ghent', 'eu'), ('10.0.0.8:8935', 'Lille', '')",
    );
    const urls = { adminUrl: database.url(), ownerUrl: database.url('owner'), rolePasswords: ROLE_PASSWORDS };
    expect((await migrate(urls)).applied).toContain('0016_gateway_marks.sql');
    const marked = async () => {
      const { rows } = await owner.query<{ gateway: string }>(
        'with taken as (delete from work.gateway_mark returning mark_id, gateway) select gateway from taken order by 1',
      );
      return rows.map(({ gateway }) => gateway);
    };
    expect(await marked()).toEqual(['10.0.0.7:8935', '10.0.0.8:8935']);
    expect((await migrate(urls)).applied).not.toContain('0016_gateway_marks.sql');
    expect(await marked()).toEqual([]);
    await owner.query("update config.gateway set gateway = '10.0.0.9:8935' where display_name = 'Lille'");
    expect(await marked()).toEqual(['10.0.0.8:8935', '10.0.0.9:8935']);
    await owner.query("delete from config.gateway where display_name = 'Ghent'");
    expect(await marked()).toEqual(['10.0.0.7:8935']);
  });
});
