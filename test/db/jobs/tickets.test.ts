import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimulatedMessage } from '../../../src/simulator/options.js';
import { TICKET_TABLES } from '../../../src/warehouse/message-tables.js';
import { withTransaction } from '../../../src/warehouse/pool.js';
import { createMessageStore } from '../../../src/warehouse/stores/message-store.js';
import { ADDRESSES, MINUTE, report, T0, URLS } from './discovery-samples.js';
import { readCore } from './fact-writer.js';
import { gatewayMessage, randomFrom, useResolving } from './resolving-harness.js';

const DAY = 24 * 60 * MINUTE;

const resolving = useResolving();

function ticket(id: string, atMs: number, sequence: number | null, fields: object = {}): SimulatedMessage {
  const said = { session_id: 's', orch_url: URLS[0], ...(sequence !== null && { sequence_number: `${sequence}` }) };
  return gatewayMessage(T0, { id, type: 'create_signed_ticket', atMs, data: { ...said, ...fields } });
}

/** Of each ticket what it misses, or `again`. */
async function gaps(): Promise<Readonly<Record<string, string>>> {
  const { rows } = await resolving().admin.query<{ id: string; gap: string }>(
    `select event_id as id, case when is_repeated then 'again' else missing_count::text end as gap from core.ticket`,
  );
  return Object.fromEntries(rows.map(({ id, gap }) => [id, gap]));
}

/** What a reader of all tickets at once finds: the numbers of those within 7 days, each once. */
function naiveGaps(all: readonly Placed[]): Record<string, string> {
  return Object.fromEntries(
    all.map((own) => {
      const near = all.filter((one) => one.session === own.session && Math.abs(one.atMs - own.atMs) <= 7 * DAY);
      if (own.session === '' || own.sequence === null) return [own.id, '0'];
      const { sequence } = own;
      const isAgain = near.some(
        (one) => one.sequence === sequence && (one.atMs - own.atMs || (one.id < own.id ? -1 : 1)) < 0 && one !== own,
      );
      const before = near.flatMap((one) => (one.sequence !== null && one.sequence < sequence ? [one.sequence] : []));
      return [own.id, isAgain ? 'again' : before.length === 0 ? '0' : `${sequence - Math.max(...before) - 1}`];
    }),
  );
}

interface Placed {
  readonly id: string;
  readonly atMs: number;
  readonly session: string;
  readonly sequence: number | null;
}

const markedBuckets = async () =>
  (
    await resolving().admin.query<{ at: Date }>(
      `select distinct bucket_start as at from work.bucket_mark where rollup = 'ticket_5m' order by 1`,
    )
  ).rows.map(({ at }) => at.getTime());

describe('tickets', () => {
  it('have their gap at the ticket after it; a late one heals that, and no other bucket', async () => {
    const { send, drain, admin } = resolving();
    await send([ticket('a', T0, 1), ticket('b', T0 + 10 * MINUTE, 5), ticket('c', T0 + 20 * MINUTE, 7)]);
    await drain();
    expect(await gaps()).toEqual({ a: '0', b: '3', c: '1' });
    await admin.query('truncate work.bucket_mark');
    await send([ticket('late', T0 + 30 * MINUTE, 3)]);
    await drain();
    expect(await gaps()).toEqual({ a: '0', late: '1', b: '1', c: '1' });
    const bucketOf = (minutes: number) => T0 + minutes * MINUTE - ((T0 + minutes * MINUTE) % (5 * MINUTE));
    expect(await markedBuckets()).toEqual([bucketOf(10), bucketOf(30)]);
    expect((await admin.query('select from work.message_mark')).rowCount).toBe(0);
  });

  it('repeat a number once more for every ticket but the first of them', async () => {
    const { send, drain } = resolving();
    await send([ticket('b', T0 + 2, 4), ticket('c', T0 + 2, 4), ticket('z', T0 + 3, 6)]);
    await drain();
    expect(await gaps()).toEqual({ b: '0', c: 'again', z: '1' });
    await send([ticket('a', T0 + 1, 4), ticket('none', T0, null), ticket('nobody', T0, 4, { session_id: '' })]);
    await drain();
    expect(await gaps()).toEqual({ a: '0', b: 'again', c: 'again', z: '1', none: '0', nobody: '0' });
  });

  it('are of the orchestrator whose first report comes late [ATTRIBUTION-001]', async () => {
    const { send, drain, admin } = resolving();
    await send([ticket('a', T0, 1), ticket('b', T0, 2, { orch_url: '', orch_address: ADDRESSES[1] })]);
    await drain();
    const owners = async () =>
      (
        await admin.query<{ owner: string }>(
          'select orchestrator_address as owner from core.ticket join core.grain using (grain_id) order by event_id',
        )
      ).rows.map(({ owner }) => owner);
    expect(await owners()).toEqual(['', '']);
    await send([report('s0', T0 - MINUTE, 0), report('s1', T0 - MINUTE, 1)]);
    await drain();
    expect(await owners()).toEqual([ADDRESSES[0], ADDRESSES[1]]);
  });

  it('below the raw floor stay as they are, and those after it still count from them', async () => {
    const { send, drain, admin, bootstrap, verify } = resolving();
    await send([ticket('old', T0, 3), ticket('new', T0 + 5 * MINUTE, 7)]);
    await drain();
    await admin.query('update work.floor set raw_floor = $1', [new Date(T0 + MINUTE)]);
    await admin.query(`delete from fact.signed_ticket where event_id = 'old'`);
    await send([ticket('later', T0 + 6 * MINUTE, 5)]);
    await drain();
    const stored = await gaps();
    expect(stored).toEqual({ old: '0', later: '1', new: '1' });
    expect((await verify()).differences.filter(({ relation }) => relation === 'core.ticket')).toEqual([]);
    await bootstrap();
    expect(await gaps()).toEqual(stored);
  });

  it('look below the raw floor no further than 7 days, to the millisecond, and not past what the facts tell of', async () => {
    const { send, drain, admin, bootstrap, verify } = resolving();
    const floor = T0 - 2 * DAY;
    await send([
      ticket('far', T0 - 7 * DAY - 1, 1),
      ticket('near', floor - 1, 3, { session_id: 'other' }),
      ticket('edge', T0 - 7 * DAY, 1, { session_id: 'other' }),
      ticket('kept', T0 - DAY, 4, { session_id: 'other' }),
    ]);
    await drain();
    await admin.query('update work.floor set raw_floor = $1', [new Date(floor)]);
    await admin.query('delete from fact.signed_ticket where event_at < $1', [new Date(floor)]);
    await send([
      ticket('alone', T0, 9),
      ticket('after kept', T0, 6, { session_id: 'other' }),
      ticket('after near', T0, 3, { session_id: 'other' }),
      ticket('after edge', T0, 2, { session_id: 'other' }),
    ]);
    await drain();
    const stored = await gaps();
    expect(stored).toMatchObject({ alone: '0', 'after kept': '1', 'after near': 'again', 'after edge': '0' });
    expect((await verify()).differences.filter(({ relation }) => relation === 'core.ticket')).toEqual([]);
    await bootstrap();
    expect(await gaps()).toEqual(stored);
  });

  it('are not removed as eventless when retention drops their events between the look at them and the removal', async () => {
    const { send, drain, admin } = resolving();
    await send([ticket('old', T0, 1)]);
    await drain();
    const before = await readCore(admin);
    await admin.query(`insert into work.message_mark (kind, org, event_id, event_at)
      select 'ticket', org, event_id, event_at from fact.signed_ticket`);
    await admin.query('delete from fact.signed_ticket');
    // a batch that read the floor before it moved sees neither the event nor, in its removal, an older floor
    await admin.query('update work.floor set raw_floor = $1', [new Date(T0 + 1)]);
    const store = await createMessageStore(admin, TICKET_TABLES);
    await withTransaction(admin, (client) =>
      store.write(client, [{ org: 'daydream', eventId: 'old', eventAt: new Date(T0) }], []),
    );
    await drain();
    expect(await readCore(admin)).toEqual(before);
  });

  it('with waiting marks, and those that follow from them, are left out of a verification', async () => {
    const { send, drain, verify } = resolving();
    await send([ticket('a', T0, 1), ticket('c', T0 + MINUTE, 5), ticket('d', T0 + MINUTE, 6)]);
    await drain();
    await send([ticket('b', T0, 3)]);
    const { report: waiting, differences } = await verify();
    expect(differences.filter(({ relation }) => relation === 'core.ticket')).toEqual([]);
    expect(waiting.messages.ticket).toEqual({ count: 2, waitingCount: 2, failedCount: 0 });
    await drain();
    expect((await verify()).report.messages.ticket).toEqual({ count: 4, waitingCount: 0, failedCount: 0 });
  });

  it('are the same by tail, repair and bootstrap for any order and batching, and as a reader of all finds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 6 }), async (seed, batches) => {
        const { admin, empty, send, drain, bootstrap, modes, verify } = resolving();
        await empty();
        const random = randomFrom(seed);
        const pick = (count: number) => Math.floor(random() * count);
        const placed = Array.from({ length: 40 }, (_, n): Placed => {
          const atMs = T0 - 14 * DAY + (random() < 0.5 ? pick(15) * DAY : pick(5) * MINUTE);
          const session = ['s', 't', ''][pick(10) < 8 ? pick(2) : 2] ?? '';
          return { id: `e${n}`, atMs, session, sequence: pick(10) === 0 ? null : pick(25) };
        });
        const around = Array.from({ length: 10 }, (_, n) =>
          n % 2 === 0
            ? gatewayMessage(T0, {
                id: `a${n}`,
                type: 'job_auth',
                atMs: T0 - pick(60) * MINUTE,
                data: { capability: 'c', orch_url: URLS[pick(2)], success: pick(2) === 0 },
              })
            : gatewayMessage(T0, {
                id: `w${n}`,
                type: 'worker_lifecycle',
                atMs: T0 - pick(60) * MINUTE,
                data: {
                  capability: 'c',
                  orch_url: URLS[pick(2)],
                  price_per_unit: `${pick(9)}.5`,
                  worker_options: [{ model: 'm' }],
                },
              }),
        );
        const all = [
          ...placed.map(({ id, atMs, session, sequence }) =>
            ticket(id, atMs, sequence, { session_id: session, orch_url: URLS[pick(2)] }),
          ),
          ...around,
          report('r0', T0 - 10 * DAY, 0),
          report('r1', T0 - 30 * MINUTE, 1),
        ].sort(() => random() - 0.5);
        for (let part = 0; part < batches; part += 1) {
          await send(all.filter((_, index) => index % batches === part));
          if (random() < 0.7) await drain();
        }
        await drain();
        const tail = await readCore(admin);
        expect(await gaps()).toEqual(naiveGaps(placed));
        expect((await verify()).differences.filter(({ relation }) => relation.startsWith('core.'))).toEqual([]);
        await modes.repair({ from: new Date(T0 - 20 * DAY), to: new Date(T0 + DAY) });
        expect(await readCore(admin)).toEqual(tail);
        await admin.query('truncate core.ticket, core.byoc_auth, core.byoc_worker, work.message_mark');
        await bootstrap();
        expect(await readCore(admin)).toEqual(tail);
        expect((await admin.query('select from work.message_mark')).rowCount).toBe(0);
      }),
      { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 5) },
    );
  });
});
