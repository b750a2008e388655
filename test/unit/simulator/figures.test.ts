import { describe, expect, it } from 'vitest';
import type { ExpectedHour, ExpectedIdentity, ExpectedRow } from '../../../src/simulator/expected.js';
import { noFaults, type SimulationOptions } from '../../../src/simulator/options.js';
import { planOutcomes } from '../../../src/simulator/outcomes.js';
import { simulate } from '../../../src/simulator/simulate.js';

const OPTIONS: SimulationOptions = {
  seed: 9,
  sessions: 3_000,
  hours: 5,
  startMs: Date.UTC(2026, 0, 5, 21, 30),
  orchestrators: 12,
  gateways: 9,
  v1Gateways: 2,
  noise: false,
  faults: { duplicateRatio: 0.1, shuffleWindowMs: 20_000, lateRatio: 0.1, dropRatio: 0.2, garbageRatio: 0.05 },
};
const HOUR_MS = 3_600_000;
const NAMES: Readonly<Record<string, string>> = {
  create_signed_ticket: 'ticket',
  job_auth: 'byocAuth',
  worker_lifecycle: 'byocWorker',
};

interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly gateway: string;
  /** Of the simulator, and so in its shape. */
  readonly data: {
    readonly session_id?: string;
    readonly sequence_number?: string;
    readonly billable_secs?: string;
    readonly pixels?: string;
    readonly computed_fee?: string;
    readonly success?: boolean;
    readonly price_per_unit?: number;
    readonly orch_address?: string;
    readonly worker_url?: string;
    readonly pipeline?: string;
    readonly capability?: string;
  };
}
type Published = Envelope & { readonly org: string };

/** Each message once, as it can be read off a topic, with its organisation. */
function publishedOf(options: SimulationOptions): Published[] {
  const seen = new Map<string, Published>();
  for (const { topic, value } of simulate(options)) {
    const text = value.toString();
    const type = /^\{"id":"[^"]+","type":"([^"]+)"/.exec(text)?.[1];
    if (type === undefined || !(type in NAMES)) continue;
    const message: Envelope = JSON.parse(text);
    seen.set(message.id, { ...message, org: topic === 'network_events' ? 'daydream' : 'cloudspe' });
  }
  return [...seen.values()];
}

/** Sums of the messages by name, straight from their texts. */
function figuresOf(messages: readonly Envelope[], missing: ReadonlyMap<string, number>): Record<string, number> {
  const total = (of: (message: Envelope) => number): number => messages.reduce((sum, one) => sum + of(one), 0);
  const family = NAMES[messages[0]?.type ?? ''];
  if (family === 'ticket') {
    return {
      ticketCount: messages.length,
      missingCount: total(({ id }) => missing.get(id) ?? 0),
      repeatedCount: 0,
      billableSeconds: total(({ data }) => Number(data.billable_secs)),
      pixels: total(({ data }) => Number(data.pixels)),
      computedFeeWei: total(({ data }) => Number(data.computed_fee)),
    };
  }
  if (family === 'byocAuth') {
    return {
      eventCount: messages.length,
      successCount: total(({ data }) => Number(data.success === true)),
      failedCount: total(({ data }) => Number(data.success === false)),
    };
  }
  const priceSumWei = total(({ data }) => Number(data.price_per_unit));
  return { eventCount: messages.length, priceSampleCount: messages.length, priceSumWei };
}

/** Numbers that nobody published before each ticket's own, by its id. */
function gapsOf(messages: readonly Published[]): ReadonlyMap<string, number> {
  const numberOf = ({ data }: Envelope): number => Number(data.sequence_number);
  const gaps = new Map<string, number>();
  for (const ticket of messages) {
    if (ticket.type !== 'create_signed_ticket') continue;
    const smaller = messages
      .filter((other) => other.org === ticket.org && other.data.session_id === ticket.data.session_id)
      .map(numberOf)
      .filter((number) => number < numberOf(ticket));
    gaps.set(ticket.id, smaller.length === 0 ? 0 : numberOf(ticket) - Math.max(...smaller) - 1);
  }
  return gaps;
}

const isHour = (row: ExpectedRow): row is ExpectedHour => row.kind.endsWith('Hour');
const isIdentity = (row: ExpectedRow): row is ExpectedIdentity => row.kind.endsWith('Identity');

describe.each([
  ['nothing goes wrong', noFaults],
  ['everything does', OPTIONS.faults],
])('figures when %s', (_, faults) => {
  const options = { ...OPTIONS, faults };
  const messages = publishedOf(options);
  const missing = gapsOf(messages);
  const expected = [...planOutcomes(options)];
  /** Figures by the texts of a key. */
  const recount = (keyOf: (message: Published) => readonly unknown[]) => {
    const groups = new Map<string, Envelope[]>();
    for (const message of messages) {
      const key = JSON.stringify([NAMES[message.type], message.org, ...keyOf(message)]);
      groups.set(key, [...(groups.get(key) ?? []), message]);
    }
    return new Map([...groups].map(([key, own]) => [key, figuresOf(own, missing)]));
  };

  it('are by hour and gateway what can be read off the topics', () => {
    const found = recount(({ gateway, timestamp }) => [
      gateway.startsWith('10.') ? 'gw_*' : gateway || null,
      Math.floor(Number(timestamp) / HOUR_MS) * HOUR_MS,
    ]);
    const booked = expected
      .filter(isHour)
      .map(({ kind, org, gateway, hourMs, figures }) => [
        JSON.stringify([kind.replace('Hour', ''), org, gateway, hourMs]),
        figures,
      ]);
    expect(booked.length).toBeGreaterThan(80);
    expect(booked.length).toBe(found.size);
    expect(Object.fromEntries(booked)).toEqual(Object.fromEntries(found));
  });

  it('are by identity too, as all orchestrators are reported before the first session', () => {
    const found = recount(({ data }) => [
      data.orch_address?.toLowerCase() ?? null,
      data.pipeline ?? data.capability,
      data.worker_url === undefined ? null : 'upscale-x4',
    ]);
    const booked = expected
      .filter(isIdentity)
      .map(({ kind, org, orchestrator, pipeline, model, figures }) => [
        JSON.stringify([kind.replace('Identity', ''), org, orchestrator, pipeline, model]),
        figures,
      ]);
    expect(booked.length).toBeGreaterThan(10);
    expect(Object.fromEntries(booked)).toEqual(Object.fromEntries(found));
  });

  it('have each kind of authorisation, and gaps where messages get lost', () => {
    const sum = (name: string): number =>
      expected.filter(isHour).reduce((total, { figures }) => total + (figures[name] ?? 0), 0);
    const [granted, refused] = [sum('successCount'), sum('failedCount')];
    const authCount = messages.filter(({ type }) => type === 'job_auth').length;
    expect(refused).toBeGreaterThan(0);
    expect(granted).toBeGreaterThan(refused);
    expect(authCount).toBeGreaterThan(granted + refused);
    if (faults.dropRatio > 0) expect(sum('missingCount')).toBeGreaterThan(5);
    else expect(sum('missingCount')).toBe(0);
  });
});

describe('the orchestrator of figures', () => {
  it('is nobody’s before a report of the organisation got out', () => {
    const options = { ...OPTIONS, seed: 3, gateways: 2, v1Gateways: 0, faults: { ...noFaults, dropRatio: 0.5 } };
    const firstReportMs = Math.min(
      ...[...simulate(options)].flatMap(({ topic, value }) => {
        const text = value.toString();
        const isReport = topic === 'network_events' && text.includes('"type":"network_capabilities"');
        return isReport ? Number(/"timestamp":"(\d+)"/.exec(text)?.[1]) : [];
      }),
    );
    expect(firstReportMs).toBeGreaterThan(options.startMs + 600_000);
    const early = publishedOf(options).filter(
      ({ org, type, timestamp }) =>
        org === 'daydream' && type === 'worker_lifecycle' && Number(timestamp) + 30_000 < firstReportMs,
    );
    const rows = [...planOutcomes(options)].filter(isIdentity).filter(({ kind }) => kind === 'byocWorkerIdentity');
    const unknown = rows.filter(({ org, orchestrator }) => org === 'daydream' && orchestrator === null);
    expect(early.length).toBeGreaterThan(1);
    expect(unknown.map(({ figures }) => figures.eventCount)).toEqual([early.length]);
    expect(rows.some(({ org, orchestrator }) => org === 'daydream' && orchestrator !== null)).toBe(true);
  });
});
