import { beforeAll, beforeEach, expect, it } from 'vitest';
import { buildCapabilityIndex } from '../../../src/domain/capability-index.js';
import { createRebuildLots, type RefusedSession } from '../../../src/jobs/rebuild-lots.js';
import { type RebuiltSession, rebuildSession } from '../../../src/jobs/rebuild-session.js';
import { readPolicy } from '../../../src/jobs/resolver.js';
import { withTransaction } from '../../../src/warehouse/pool.js';
import { createRebuildWriter } from '../../../src/warehouse/writers/session-rebuild-writer.js';
import { KEY, type ResolverUnderTest, useResolver } from './resolver-harness.js';
import { longStream, MINUTE, T0 } from './session-samples.js';

const underTest = useResolver();
let under: ResolverUnderTest;
beforeAll(() => {
  under = underTest();
});
beforeEach(() => under.empty());

const keyOf = (index: number) => `stream-${index}|request-${index}`;
const session = (index: number) => ({
  org: 'daydream',
  sessionKey: keyOf(index),
  events: longStream(3, 0, { streamId: `stream-${index}`, requestId: `request-${index}` }),
});

/** Writes streams with lots of about 22 rows a session, some of them with a count that no integer column holds. */
async function write(count: number, isOdd: (index: number) => boolean): Promise<readonly RefusedSession[]> {
  const storage = 'select naap.ensure_storage($1::timestamptz, $1::timestamptz)';
  await under.ownerPool.query(storage, [new Date(T0)]);
  return withTransaction(under.ownerPool, async (client) => {
    const policy = await readPolicy(client, KEY);
    const writer = await createRebuildWriter(client);
    const lots = createRebuildLots(client, writer, { rowsPerLot: 100 });
    for (let index = 0; index < count; index += 1) {
      const made = rebuildSession(session(index), buildCapabilityIndex([]), policy);
      await lots.add(isOdd(index) ? odd(made) : made);
    }
    const refused = await lots.finish();
    await writer.finish(new Date());
    return refused;
  });
}

function odd(made: RebuiltSession): RebuiltSession {
  return { ...made, resolved: { ...made.resolved, session: { ...made.resolved.session, errorCount: 2 ** 40 } } };
}

async function writtenKeys(): Promise<readonly string[]> {
  const { rows } = await under.admin.query<{ session_key: string }>(`
select s.session_key
from core.session as s
join core.segment as g using (org, session_key)
join core.decision as d using (org, session_key)
join core.session_start as b using (org, session_key)
order by length(s.session_key), s.session_key`);
  return rows.map((row) => row.session_key);
}

it('writes all but the sessions that no column holds, in whichever lot they are', async () => {
  const isOdd = (index: number) => [0, 17, 18, 49].includes(index);
  const refused = await write(50, isOdd);
  expect(refused.map(({ sessionKey }) => sessionKey)).toEqual([0, 17, 18, 49].map(keyOf));
  for (const one of refused) {
    expect(one).toMatchObject({ reason: 'refused', sliceStartsMs: [T0 - 2 * MINUTE] });
    expect(String(one.error)).toContain('no int4');
  }
  const others = Array.from({ length: 50 }, (_, index) => index).filter((index) => !isOdd(index));
  expect(await writtenKeys()).toEqual(others.map(keyOf));
});

it('writes nothing and names every session when all are refused', async () => {
  expect(await write(20, () => true)).toHaveLength(20);
  expect(await writtenKeys()).toEqual([]);
  expect((await under.admin.query('select from core.grain')).rowCount).toBe(0);
});
