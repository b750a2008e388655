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

test.each([
  ['https://orch.example.com:8935', 'https://orch.example.com:8935'],
  ['orch.example.com:8935', 'orch.example.com:8935'],
  ['https://203.0.113.7:8935', 'https://203.0.113.7:8935'],
  ['https://user:secret@orch.example.com/x', 'https://orch.example.com/x'],
  ['https://10.0.0.7:8935', null],
  ['https://192.168.1.4', null],
  ['https://172.16.0.1', null],
  ['https://172.32.0.1', 'https://172.32.0.1'],
  ['http://127.0.0.1:80', null],
  ['http://169.254.1.1', null],
  ['https://100.64.3.4', null],
  ['https://box.local:8935', null],
  ['https://localhost:8935', null],
  ['https://orchestrator:8935', null],
  ['https://[::1]:8935', null],
  ['https://[fd00::1]:8935', null],
  ['https://[::ffff:10.0.0.1]:8935', null],
  ['https://[2001:db8::1]:8935', 'https://[2001:db8::1]:8935'],
  ['', null],
])('the public sees %s as %s', async (uri, shown) => {
  const { rows } = await warehouse().owner.query('select naap.public_uri($1) as shown', [uri]);
  expect(rows).toEqual([{ shown }]);
});

test('free text loses addresses, keys and private hosts, and nothing else', async () => {
  const { rows } = await warehouse().owner.query('select naap.public_text($1) as shown', [
    'dial tcp 203.0.113.9:8935: refused by 0x00000000000000000000000000000000000000Ab at 12:30:05 via gw.local, [2001:db8:0:0:1::7] v1.2.3',
  ]);
  expect(rows).toEqual([{ shown: 'dial tcp [ip]:8935: refused by [address] at 12:30:05 via [host], [[ip]] v1.2.3' }]);
});
