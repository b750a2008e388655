import { describe, expect, it } from 'vitest';
import { figureOutcomes } from '../../outcomes/figure-outcomes.js';
import type { OutcomeKind, OutcomeRow } from '../../outcomes/outcome-kind.js';

function kindOf(name: string): OutcomeKind {
  const kind = figureOutcomes.find((one) => one.kind === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
}

async function seenOf(kind: string, nodes: readonly unknown[]): Promise<readonly OutcomeRow[]> {
  async function* list(): AsyncGenerator<unknown> {
    yield* nodes;
  }
  const rows: OutcomeRow[] = [];
  for await (const row of kindOf(kind).readSeen(list())) rows.push(row);
  return rows;
}

const HOURS = ['2026-01-05T01:00:00.000Z', '2026-01-05T00:00:00.000Z'] as const;
const tickets = (ticketCount: number, fee: string | null) => ({
  ...{ ticketCount, missingCount: 1, repeatedCount: 0 },
  ...{ billableSeconds: '30', pixels: '0.5', computedFeeWei: fee },
});

describe('figureOutcomes', () => {
  it('are two kinds of each family, as the simulator names them', () => {
    expect(figureOutcomes.map(({ kind }) => kind)).toEqual([
      'ticketHour',
      'ticketIdentity',
      'byocAuthHour',
      'byocAuthIdentity',
      'byocWorkerHour',
      'byocWorkerIdentity',
    ]);
  });

  it('of hours leave out buckets without anything, oldest first', async () => {
    const points = [
      { start: HOURS[0], metrics: tickets(1, '2.25') },
      { start: HOURS[1], metrics: tickets(2, null) },
      { start: '2026-01-05T02:00:00.000Z', metrics: null },
    ];
    const [first, second, ...others] = await seenOf('ticketHour', [{ org: 'o', gateway: 'g', points }]);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ id: `o g ${HOURS[1]}`, fields: { ticketCount: 2, computedFeeWei: null } });
    expect(second).toMatchObject({ id: `o g ${HOURS[0]}`, fields: { billableSeconds: 30, computedFeeWei: 2.25 } });
  });

  it('of hours sum private gateways, which nobody can tell apart, and no others', async () => {
    const node = (org: string, gateway: string | null, fee: string | null) => ({
      ...{ org, gateway },
      points: [{ start: HOURS[0], metrics: tickets(2, fee) }],
    });
    const rows = await seenOf('ticketHour', [
      node('o', 'gw_0123456789abcdef', '1.5'),
      node('o', 'gw_fedcba9876543210', '2'),
      node('p', 'gw_fedcba9876543210', '2'),
      node('p', 'gw_0123456789abcdef', null),
      node('o', null, '4'),
    ]);
    expect(rows.map(({ id, fields }) => [id, fields.ticketCount, fields.computedFeeWei])).toEqual([
      [`o gw_* ${HOURS[0]}`, 4, 3.5],
      [`p gw_* ${HOURS[0]}`, 4, null],
      [`o - ${HOURS[0]}`, 2, 4],
    ]);
  });

  it('of workers tell again what a mean is of, and know none without a price', async () => {
    const metrics = (value: number | null, sampleCount: number) => ({
      eventCount: 4,
      averagePricePerUnitWei: { value, sampleCount },
    });
    const node = { org: 'o', pipeline: 'p', model: null };
    const rows = await seenOf('byocWorkerIdentity', [
      { ...node, orchestratorAddress: '0xa', metrics: metrics(4_702 / 3, 3) },
      { ...node, orchestratorAddress: null, metrics: metrics(null, 0) },
    ]);
    expect(rows.map(({ id, fields }) => [id, fields])).toEqual([
      ['o 0xa p -', { eventCount: 4, priceSampleCount: 3, priceSumWei: 4_702 }],
      ['o - p -', { eventCount: 4, priceSampleCount: 0, priceSumWei: null }],
    ]);
  });

  it('read an expectation to the same ids', () => {
    const figures = { eventCount: 3, successCount: 2, failedCount: 1 };
    const hour = { kind: 'byocAuthHour', org: 'o', gateway: null, hourMs: Date.parse(HOURS[0]), figures };
    expect(kindOf('byocAuthHour').readExpected(hour)).toMatchObject({ id: `o - ${HOURS[0]}`, fields: figures });
    const names = { org: 'o', orchestrator: '0xa', pipeline: 'p', model: null };
    const identity = { kind: 'byocAuthIdentity', ...names, firstHourMs: 0, figures };
    expect(kindOf('byocAuthIdentity').readExpected(identity)).toMatchObject({ id: 'o 0xa p -', fields: figures });
  });
});
