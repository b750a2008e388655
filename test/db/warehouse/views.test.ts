import { expect, test } from 'vitest';
import { useWarehouse } from './engines-under-test.js';

const warehouse = useWarehouse('postgres');

test('every view and column of api says what it is', async () => {
  const { rows } = await warehouse().owner.query(`
    select c.relname, a.attname
    from pg_class as c
    left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
    where c.relnamespace = 'api'::regnamespace and c.relkind = 'v'
      and (obj_description(c.oid) is null or col_description(c.oid, a.attnum) is null)`);
  expect(rows).toEqual([]);
});

test('no column of api can carry a hot key, a session key, a payload or a client address', async () => {
  const { rows } = await warehouse().owner.query(`
    select table_name, column_name from information_schema.columns
    where table_schema = 'api'
      and column_name ~ '(local_address|observed_address|orch_address|session_key|payload|params|client_ip|gpu_uuid|prefix)'`);
  expect(rows).toEqual([]);
});
