import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { simulateLive } from '../../../src/simulator/live.js';
import { noFaults, type SimulationOptions } from '../../../src/simulator/options.js';
import { planOutcomes } from '../../../src/simulator/outcomes.js';
import { simulate, simulateForever, toNdjson } from '../../../src/simulator/simulate.js';

const base: SimulationOptions = {
  seed: 7,
  sessions: 600,
  hours: 6,
  startMs: Date.UTC(2026, 0, 5),
  orchestrators: 12,
  gateways: 3,
  faults: noFaults,
  noise: false,
};
const sessionsOf = (options: SimulationOptions) => [...planOutcomes(options)].filter((row) => row.kind === 'session');
const texts = (options: SimulationOptions): string[] =>
  Array.from(simulate(options), (message) => message.value.toString());
const digest = (options: SimulationOptions): string => {
  const hash = createHash('sha256');
  for (const message of simulate(options)) hash.update(`${message.topic} ${message.atMs} `).update(toNdjson(message));
  return hash.digest('hex');
};
const clean = texts(base);
const cleanSet = new Set(clean);
const withFaults = (faults: Partial<SimulationOptions['faults']>): SimulationOptions => ({
  ...base,
  faults: { ...noFaults, ...faults },
});

describe('simulate', () => {
  it('gives the same bytes for the same options and others for another seed', () => {
    expect(digest(base)).toBe(digest({ ...base }));
    expect(digest(base)).not.toBe(digest({ ...base, seed: 8 }));
  });

  it('publishes in order, never before it happened, on the topic of the org', () => {
    let previous = 0;
    for (const { atMs, value } of simulate(withFaults({ shuffleWindowMs: 30_000, lateRatio: 0.05 }))) {
      expect(atMs >= previous).toBe(true);
      expect(Number(/"timestamp":"(\d+)"/.exec(value.toString())?.[1]) <= atMs).toBe(true);
      previous = atMs;
    }
  });

  it('shows every accepted family and every trace type', () => {
    const families = new Set(clean.map((text) => /"type":"([^"]+)"/.exec(text)?.[1]));
    for (const family of [
      'stream_trace',
      'ai_stream_status',
      'ai_stream_events',
      'stream_ingest_metrics',
      'network_capabilities',
      'discovery_results',
      'create_new_payment',
      'create_signed_ticket',
      'ai_batch_request',
      'ai_llm_request',
      'job_gateway',
      'job_payment',
      'job_orchestrator',
      'job_auth',
      'worker_lifecycle',
    ])
      expect(families).toContain(family);
    const all = clean.join('\n');
    for (const type of [
      'gateway_receive_stream_request',
      'gateway_send_first_ingest_segment',
      'runner_receive_first_ingest_segment',
      'runner_send_first_processed_segment',
      'gateway_receive_first_processed_segment',
      'gateway_receive_few_processed_segments',
      'gateway_receive_first_data_segment',
      'gateway_no_orchestrators_available',
      'orchestrator_swap',
      'gateway_ingest_stream_closed',
      'runner_receive_stream_request',
      'params_update',
      'restart',
    ])
      expect(all).toContain(`"type":"${type}"`);
  });

  it('writes valid JSON with ids of its own', () => {
    const ids = clean.map((text) => String(JSON.parse(text).id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('adds noise as 84 % of the traffic and changes nothing else', () => {
    const noisy = texts({ ...base, noise: true });
    expect(noisy.filter((text) => cleanSet.has(text))).toEqual(clean);
    expect(clean.length / noisy.length).toBeCloseTo(0.16, 2);
  });

  it('reports capabilities before the first session', () => {
    expect(clean[0]).toContain('"type":"network_capabilities"');
  });
});

describe('the spec dialect', () => {
  const isV1 = (text: string): boolean => text.startsWith('{"event_id"');
  const v1 = texts({ ...base, v1Gateways: 3 })
    .filter(isV1)
    .map((text) => JSON.parse(text));
  const ofType = (type: string) => v1.filter(({ event_type }) => event_type === type);

  it('is spoken by the last gateways about their sessions, and every message of the others stays as it was', () => {
    const both = texts({ ...base, v1Gateways: 1 });
    const last = both.filter(isV1).map((text) => JSON.parse(text));
    const hosts = new Set(last.filter((one) => one.publisher_type === 'gateway').map((one) => one.publisher_id));
    expect(hosts.size).toBe(1);
    const [host] = hosts;
    const others = both.filter((text) => !isV1(text) && !text.includes(`"gateway":"${host}"`));
    expect(others.length / both.length).toBeGreaterThan(0.5);
    expect(others.every((text) => cleanSet.has(text))).toBe(true);
    expect(new Set(last.map(({ event_id }) => event_id)).size).toBe(last.length);
  });

  it('shows requests, swaps, loading images, cold starts and samples with counters', () => {
    for (const type of [
      'gateway.session.start',
      'gateway.request.start',
      'gateway.request.first_frame',
      'gateway.request.error',
      'gateway.request.end',
      'gateway.session.end',
      'gateway.swap',
      'orchestrator.request.start',
      'runner.request.start',
      'runner.heartbeat',
      'runner.metrics.sample',
    ])
      expect(ofType(type).length, type).toBeGreaterThan(0);
    for (const found of [
      ofType('gateway.request.start').some(({ payload }) => payload.cold_start && payload.prompt_received_ms > 0),
      ofType('gateway.request.first_frame').some(({ payload }) => payload.is_loading_image),
      ofType('gateway.request.end').some(({ payload }) => payload.failure_reason === 'model_error'),
      ofType('gateway.swap').every(
        ({ payload }) => payload.from_orchestrator_address !== payload.to_orchestrator_address,
      ),
      ofType('runner.metrics.sample').some(({ payload }) => payload.is_synthetic && payload.tx_bytes > 0),
      v1.some(({ payload }) => payload.request_id === undefined && payload.trace_id.length === 32),
    ])
      expect(found).toBe(true);
    const decreases = ofType('runner.metrics.sample').some(({ publisher_id, payload }, place, all) => {
      const earlier = all.slice(0, place).findLast((other) => other.publisher_id === publisher_id);
      return earlier !== undefined && payload.tx_bytes < earlier.payload.tx_bytes;
    });
    expect(decreases).toBe(true);
  });
});

describe('a part of the traffic', () => {
  const fromMs = base.startMs + 2 * 3_600_000;
  /** Time of the first message of each request, by request id. */
  const begins = (all: readonly string[]): Map<string, number> => {
    const found = new Map<string, number>();
    for (const text of all) {
      const id = /"request_id":"([^"]+)","stream_id"/.exec(text)?.[1];
      const atMs = Number(/"timestamp":"(\d+)"/.exec(text)?.[1]);
      if (id !== undefined) found.set(id, Math.min(found.get(id) ?? atMs, atMs));
    }
    return found;
  };

  it('is without what begins earlier, and the rest is the same', () => {
    const part = texts({ ...base, fromMs });
    expect(part.every((text) => cleanSet.has(text))).toBe(true);
    const wanted = [...begins(clean)].filter(([, atMs]) => atMs >= fromMs).sort();
    expect([...begins(part)].sort()).toEqual(wanted);
    expect(wanted.length).toBeGreaterThan(200);
    const outcomes = sessionsOf({ ...base, fromMs });
    expect(outcomes).toEqual(sessionsOf(base).slice(-outcomes.length));
    expect(texts({ ...base, fromMs: base.startMs })).toEqual(clean);
  });

  it('goes on past the window, from any instant of it', () => {
    const nextDay = simulateForever({ ...base, fromMs: base.startMs + 30 * 3_600_000 });
    const first = Array.from({ length: 2_000 }, () => nextDay.next().value).find(
      (message) => message?.value.toString().includes('gateway_receive_stream_request') === true,
    );
    // one session in 36 s
    expect(first?.atMs).toBeGreaterThanOrEqual(base.startMs + 30 * 3_600_000);
    expect(first?.atMs).toBeLessThan(base.startMs + 30 * 3_600_000 + 300_000);
  });

  it('runs on the network of another simulation, with ids of its own and no reports', () => {
    const guest = texts({ ...base, seed: 8, networkSeed: base.seed });
    const keysOf = (all: readonly string[]) =>
      new Set(all.flatMap((text) => /"orchestrator_info":\{"address":"(0x\w+)"/.exec(text)?.[1] ?? []));
    expect(guest.some((text) => text.includes('network_capabilities'))).toBe(false);
    expect([...keysOf(guest)].every((key) => keysOf(clean).has(key))).toBe(true);
    expect(keysOf(guest).size).toBeGreaterThan(5);
    const ids = new Set(clean.map((text) => JSON.parse(text).id));
    expect(guest.some((text) => ids.has(JSON.parse(text).id))).toBe(false);
    const sessions = begins(clean);
    expect([...begins(guest).keys()].some((id) => sessions.has(id))).toBe(false);
  });
});

describe('fault knobs', () => {
  it('re-sends the same bytes', () => {
    const sent = texts(withFaults({ duplicateRatio: 0.1 }));
    expect(new Set(sent)).toEqual(cleanSet);
    expect(sent.length / clean.length).toBeCloseTo(1.1, 1);
  });

  it('shuffles and delays without losing anything', () => {
    for (const faults of [{ shuffleWindowMs: 60_000 }, { lateRatio: 0.1 }]) {
      const sent = texts(withFaults(faults));
      expect(sent).not.toEqual(clean);
      expect(sent.length).toBe(clean.length);
      expect(new Set(sent)).toEqual(cleanSet);
    }
  });

  it('drops the share asked for', () => {
    const sent = texts(withFaults({ dropRatio: 0.2 }));
    expect(sent.every((text) => cleanSet.has(text))).toBe(true);
    expect(sent.length / clean.length).toBeCloseTo(0.8, 1);
  });

  it('adds garbage without line ends', () => {
    const sent = texts(withFaults({ garbageRatio: 0.1 }));
    const garbage = sent.filter((text) => !cleanSet.has(text));
    expect(sent.length - garbage.length).toBe(clean.length);
    expect(garbage.length / clean.length).toBeCloseTo(0.1, 1);
    expect(garbage.some((text) => text.includes('\n'))).toBe(false);
    const oversize = garbage.filter((text) => text.length > 1_048_576);
    expect(oversize.length / garbage.length).toBeCloseTo(1 / 32, 1);
    expect(oversize.every((text) => JSON.parse(text).data.stream_id === 'garbage')).toBe(true);
  });
});

describe('planOutcomes', () => {
  const outcomes = sessionsOf(base);

  it('knows every session and every kind of outcome', () => {
    expect(outcomes.length).toBe(base.sessions);
    expect(new Set(outcomes.map((outcome) => outcome.sessionKey)).size).toBe(base.sessions);
    expect(new Set(outcomes.map((outcome) => outcome.excusal))).toEqual(
      new Set([null, 'none', 'no_orch', 'excusable_error']),
    );
    expect(new Set(outcomes.map((outcome) => outcome.startupOutcome))).toEqual(
      new Set(['success', 'failed', 'unknown']),
    );
    for (const found of [
      outcomes.some((o) => o.explicitSwaps > 0 && o.inferredSwaps === 0),
      outcomes.some((o) => o.inferredSwaps > 0),
      outcomes.some((o) => o.loadingOnly),
      outcomes.some((o) => o.zeroOutput && !o.loadingOnly),
      outcomes.some((o) => o.isSynthetic),
      outcomes.some((o) => !o.completed),
      outcomes.some((o) => o.sessionKey.endsWith('_missing_request')),
      outcomes.some((o) => o.sessionKey.startsWith('_missing_stream')),
    ])
      expect(found).toBe(true);
    const certain = outcomes.filter((o) => o.attributionCertain).length;
    expect(certain / outcomes.length).toBeGreaterThan(0.9);
  });

  it.each([
    ['nothing goes wrong', noFaults],
    [
      'everything does',
      { duplicateRatio: 0.1, shuffleWindowMs: 20_000, lateRatio: 0.1, dropRatio: 0.2, garbageRatio: 0.05 },
    ],
  ])('books exactly what is published when %s', (_, faults) => {
    const counts = new Map<
      string,
      { statuses: number; swaps: number; requested: boolean; closed: boolean; first: number; last: number }
    >();
    const seen = new Set<string>();
    for (const message of simulate({ ...base, faults })) {
      const text = message.value.toString();
      const head =
        /^\{"id":"([^"]+)","type":"(stream_trace|ai_stream_status|ai_stream_events|stream_ingest_metrics)","timestamp":"(\d+)"/.exec(
          text,
        );
      const ids = /"request_id":"([^"]*)","stream_id":"([^"]*)"/.exec(text);
      if (head === null || ids === null || seen.has(head[1] ?? '')) continue;
      seen.add(head[1] ?? '');
      const key = `${ids[2] === '' ? '_missing_stream' : ids[2]}|${ids[1] === '' ? '_missing_request' : ids[1]}`;
      const count = counts.get(key) ?? {
        statuses: 0,
        swaps: 0,
        requested: false,
        closed: false,
        first: Infinity,
        last: 0,
      };
      counts.set(key, count);
      count.first = Math.min(count.first, Number(head[3]));
      count.last = Math.max(count.last, Number(head[3]));
      if (head[2] === 'ai_stream_status') count.statuses += 1;
      if (text.includes('"type":"orchestrator_swap"')) count.swaps += 1;
      if (text.includes('"type":"gateway_receive_stream_request"')) count.requested = true;
      if (text.includes('"type":"gateway_ingest_stream_closed"')) count.closed = true;
    }
    const planned = new Map(
      sessionsOf({ ...base, faults }).map((o) => [
        o.sessionKey,
        {
          statuses: o.statusCount,
          swaps: o.explicitSwaps,
          requested: o.requested,
          closed: o.completed,
          first: o.firstSeenMs,
          last: o.lastSeenMs,
        },
      ]),
    );
    expect(planned).toEqual(counts);
  });

  it('lets a session last as long as asked', () => {
    const long = sessionsOf({ ...base, sessions: 20, longSessionHours: 2 }).filter((o) => o.statusCount > 0);
    expect(long.some((o) => Math.abs(o.lastSeenMs - o.firstSeenMs - 7_200_000) < 20_000)).toBe(true);
  });
});

describe('simulateLive', () => {
  it('yields what the clock has reached and stops on abort', async () => {
    const controller = new AbortController();
    let now = base.startMs;
    const clock = {
      nowMs: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    let count = 0;
    for await (const batch of simulateLive({ ...base, hours: 1, signal: controller.signal }, clock)) {
      expect(batch.length).toBeGreaterThan(0);
      for (const message of batch) expect(message.atMs).toBeLessThanOrEqual(now);
      count += batch.length;
      if (now > base.startMs + 2 * 3_600_000) controller.abort();
    }
    expect(count).toBeGreaterThan(10_000);
  });
});

describe('src/simulator', () => {
  it('imports only itself: an independent second opinion', () => {
    for (const file of readdirSync('src/simulator')) {
      const imports = [...readFileSync(`src/simulator/${file}`, 'utf8').matchAll(/from '([^']+)'/g)].map(
        (found) => found[1],
      );
      for (const name of imports) expect(name, file).toMatch(/^\.\/[a-z0-9-]+\.js$/);
    }
  });
});
