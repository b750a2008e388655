import type { SqlSession } from '../../../src/warehouse/sql-session.js';

/** Deterministic numbers in [0, 1): the same seed gives the same rows on every engine. */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(random: Random, values: readonly [T, ...T[]]): T {
  return values[Math.floor(random() * values.length)] ?? values[0];
}

export type Row = Record<string, unknown>;
const columnsOf = new Map<string, readonly { name: string; type: string; generated: boolean }[]>();

/** Inserts rows; columns that a row lacks get a value of their type from `random`. */
export async function insertRows(
  session: SqlSession,
  table: string,
  rows: readonly Row[],
  random: Random = () => 0,
): Promise<void> {
  const columns = await describe(session, table);
  const full = rows.map((row) =>
    Object.fromEntries(
      columns
        .filter(({ name, generated }) => name in row || !generated)
        .map(({ name, type }) => [name, name in row ? row[name] : anyValue(type, random)]),
    ),
  );
  const written = columns.filter(({ name }) => full.some((row) => name in row)).map(({ name }) => `"${name}"`);
  const list = written.join(', ');
  for (let start = 0; start < full.length; start += 2_000) {
    await session.query(
      `insert into ${table} (${list}) overriding system value
       select ${list} from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
      [JSON.stringify(full.slice(start, start + 2_000))],
    );
  }
}

async function describe(session: SqlSession, table: string) {
  const known = columnsOf.get(table);
  if (known) return known;
  const { rows } = await session.query<{ name: string; type: string; generated: boolean }>(
    `select attname as name, format_type(atttypid, null) as type, attidentity <> '' as generated
     from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [table],
  );
  columnsOf.set(table, rows);
  return rows;
}

function anyValue(type: string, random: Random): unknown {
  switch (type) {
    case 'boolean':
      return random() < 0.3;
    case 'smallint':
    case 'integer':
    case 'bigint':
      return Math.floor(random() * 50);
    case 'numeric':
      return (Math.floor(random() * 1e9) / 1e6).toFixed(6);
    case 'double precision':
      return Math.floor(random() * 1000) / 8;
    case 'jsonb':
      return [];
    case 'text[]':
      return [];
    case 'timestamp with time zone':
      return new Date(Date.UTC(2026, 0, 1) + Math.floor(random() * 1e8)).toISOString();
    case 'text':
      return '';
    default:
      return null;
  }
}

export const GRAIN_COUNT = 12;

/** Dimensions enough to tell rows apart, a blank of each among them. */
export function grainRows(): readonly Row[] {
  return Array.from({ length: GRAIN_COUNT }, (_, n) => ({
    grain_id: 1000 + n,
    org: n % 2 === 0 ? 'daydream' : 'cloudspe',
    gateway: n % 3 === 0 ? '' : `gateway-${n % 3}`,
    orchestrator_address: n % 4 === 0 ? '' : `0x${String(n % 4).repeat(40)}`,
    pipeline: n % 5 === 0 ? '' : 'live-video-to-video',
    model: n % 5 === 0 ? '' : `model-${n % 5}`,
    gpu_id: n % 6 === 0 ? '' : `gpu_${String(n % 6).repeat(16)}`,
    region: '',
    is_synthetic: n === 7,
  }));
}

const WIDTH_MS = { '5m': 300_000, '1h': 3_600_000 } as const;

/** One cohort row for each session key, its start spread over the span. */
export function startRows(random: Random, keys: readonly string[], fromMs: number, toMs: number): readonly Row[] {
  return keys.map((key) => ({
    bucket_start: bucketOf(fromMs + random() * (toMs - fromMs), '5m'),
    org: 'daydream',
    session_key: key,
    grain_id: 1000 + Math.floor(random() * GRAIN_COUNT),
    ...pick(random, [
      { failure_class: '', failure_reason: '' },
      { failure_class: 'startup_failed', failure_reason: 'timeout' },
      { failure_class: 'zero_output', failure_reason: 'none' },
      { failure_class: 'excusable_error', failure_reason: 'user' },
    ]),
    gpu_identity_status: pick(random, ['resolved', 'hardware_unresolved']),
    selection_outcome: pick(random, ['selected', 'selected', 'no_orch', 'unknown']),
    attribution_outcome: pick(random, ['resolved', 'unresolved', 'ambiguous']),
    known_count: 1,
  }));
}

/** Two swaps for each session key. */
export function swapRows(random: Random, keys: readonly string[], fromMs: number, toMs: number): readonly Row[] {
  return keys.flatMap((key) =>
    [0, 1].map((ordinal) => {
      const swappedMs = fromMs + random() * (toMs - fromMs);
      return {
        bucket_start: bucketOf(swappedMs, '5m'),
        org: 'daydream',
        session_key: key,
        ordinal,
        swapped_at: new Date(swappedMs).toISOString(),
        grain_id: 1000 + Math.floor(random() * GRAIN_COUNT),
        reason_class: pick(random, ['timeout', 'overload', 'unknown']),
        is_explicit: random() < 0.5,
        is_requested: random() < 0.8,
      };
    }),
  );
}

/** Period rows of one width: one for each session key. */
export function bucketRows(
  random: Random,
  width: '5m' | '1h',
  keys: readonly string[],
  fromMs: number,
  toMs: number,
): readonly Row[] {
  return keys.map((key) => ({
    bucket_start: bucketOf(fromMs + random() * (toMs - fromMs), width),
    org: 'daydream',
    session_key: key,
    grain_id: 1000 + Math.floor(random() * GRAIN_COUNT),
    is_tail: random() < 0.1,
    last_seen_at: new Date(fromMs + Math.floor(random() * (toMs - fromMs))).toISOString(),
    fps_histogram: `${Math.floor(random() * 9)}000000000000${Math.floor(random() * 1e6)}000000`,
  }));
}

/** Ingest rows of one width: one for each session key. */
export function ingestRows(
  random: Random,
  width: '5m' | '1h',
  keys: readonly string[],
  fromMs: number,
  toMs: number,
): readonly Row[] {
  return keys.map((key) => ({
    bucket_start: bucketOf(fromMs + random() * (toMs - fromMs), width),
    org: 'daydream',
    session_key: key,
    grain_id: 1000 + Math.floor(random() * GRAIN_COUNT),
    video_jitter_us_histogram: `${1 + Math.floor(random() * 9)}000000000000${Math.floor(random() * 1e6)}000000`,
    rtt_us_histogram: `${Math.floor(random() * 9)}000000000000`,
  }));
}

/** A job of either kind for each key, with and without an LLM event. */
export function jobRows(random: Random, keys: readonly string[], fromMs: number, toMs: number): readonly Row[] {
  return keys.map((key, n) => {
    const jobMs = Math.floor(fromMs + random() * (toMs - fromMs));
    const isLlm = n % 3 === 0;
    return {
      bucket_start: bucketOf(jobMs, '5m'),
      job_at: new Date(jobMs).toISOString(),
      completed_at: new Date(jobMs).toISOString(),
      org: 'daydream',
      kind: n % 4 === 0 ? 'byoc' : 'ai_batch',
      job_key: `job-${key}`,
      job_id: `j_${key}`,
      grain_id: 1000 + (n % GRAIN_COUNT),
      orch_url: n % 2 === 0 ? 'https://orch.example.com:8935' : 'https://10.0.0.3:8935',
      outcome: pick(random, ['selected', 'selected', 'no_orch', 'unknown']),
      is_success: pick(random, [true, true, false, null]),
      ...pick(random, [
        { failure_class: '', failure_reason: '' },
        { failure_class: 'failed', failure_reason: 'timeout' },
        { failure_class: 'llm_failed', failure_reason: 'timeout' },
        { failure_class: 'no_orch', failure_reason: 'no_orchestrators' },
      ]),
      duration_ms: n % 7 === 0 ? null : Math.floor(random() * 9_000),
      duration_ms_histogram: n % 7 === 0 ? null : `${Math.floor(random() * 9)}000000000000`,
      llm_event_id: isLlm ? `llm-${key}` : '',
      llm_error: isLlm && random() < 0.2 ? 'lost 10.1.1.1' : '',
      ttft_ms: isLlm ? `${Math.floor(random() * 1e6)}.125` : null,
      ttft_ms_histogram: isLlm ? '3000000000000' : null,
      tokens_per_second: isLlm ? `${Math.floor(random() * 90)}.333333` : null,
      total_tokens: isLlm ? 12 : null,
    };
  });
}

/** An orchestrator found for each key, some of them unknown or without a latency. */
export function discoveryRows(random: Random, keys: readonly string[], fromMs: number, toMs: number): readonly Row[] {
  return keys.map((key, n) => {
    const foundMs = Math.floor(fromMs + random() * (toMs - fromMs));
    const latencyMs = n % 5 === 0 ? null : Math.floor(random() * 900);
    return {
      bucket_start: bucketOf(foundMs, '5m'),
      discovered_at: new Date(foundMs).toISOString(),
      org: 'daydream',
      event_id: `discovery-${key}`,
      ordinal: 1 + (n % 3),
      grain_id: 1000 + (n % GRAIN_COUNT),
      orch_url: n % 2 === 0 ? 'https://orch.example.com:8935' : 'https://10.0.0.3:8935',
      is_known: n % 4 !== 0,
      latency_ms: latencyMs === null ? null : `${latencyMs}.000`,
      latency_ms_histogram: latencyMs === null ? null : `${1 + Math.floor(random() * 9)}000000000000`,
    };
  });
}

/** A ticket for each key, some of them without a session, a number or amounts. */
export function ticketRows(random: Random, keys: readonly string[], fromMs: number, toMs: number): readonly Row[] {
  return keys.map((key, n) => {
    const signedMs = Math.floor(fromMs + random() * (toMs - fromMs));
    const isNumbered = n % 6 !== 0;
    const amount = (nth: number) => (n % nth === 0 ? null : `${Math.floor(random() * 1e9)}.123456789`);
    return {
      bucket_start: bucketOf(signedMs, '5m'),
      signed_at: new Date(signedMs).toISOString(),
      org: 'daydream',
      event_id: `ticket-${key}`,
      grain_id: 1000 + (n % GRAIN_COUNT),
      ticket_session_id: isNumbered ? `t-${n % 9}` : '',
      orch_url: n % 2 === 0 ? 'https://orch.example.com:8935' : 'https://10.0.0.3:8935',
      sequence_number: isNumbered ? n : null,
      missing_count: isNumbered ? Math.floor(random() * 3) : 0,
      is_repeated: isNumbered && random() < 0.2,
      billable_seconds: amount(4),
      pixels: amount(5),
      // larger than any float could add up
      computed_fee: n % 7 === 0 ? null : `${10n ** 40n + BigInt(Math.floor(random() * 1e9))}.3333`,
    };
  });
}

/** An authorisation for each key; some do not say whether they were granted. */
export function byocAuthRows(random: Random, keys: readonly string[], fromMs: number, toMs: number): readonly Row[] {
  return keys.map((key, n) => {
    const atMs = Math.floor(fromMs + random() * (toMs - fromMs));
    return {
      bucket_start: bucketOf(atMs, '5m'),
      event_at: new Date(atMs).toISOString(),
      org: 'daydream',
      event_id: `auth-${key}`,
      grain_id: 1000 + (n % GRAIN_COUNT),
      capability: pick(random, ['Cap', 'cap', '']),
      is_success: pick(random, [true, true, false, null]),
      error: n % 4 === 0 ? 'refused by 10.1.1.1' : '',
    };
  });
}

/** A worker's event for each key, some of them without a price. */
export function byocWorkerRows(random: Random, keys: readonly string[], fromMs: number, toMs: number): readonly Row[] {
  return keys.map((key, n) => {
    const atMs = Math.floor(fromMs + random() * (toMs - fromMs));
    return {
      bucket_start: bucketOf(atMs, '5m'),
      event_at: new Date(atMs).toISOString(),
      org: 'daydream',
      event_id: `worker-${key}`,
      grain_id: 1000 + (n % GRAIN_COUNT),
      capability: pick(random, ['Cap', 'cap', '']),
      orch_url: n % 2 === 0 ? 'https://orch.example.com:8935' : 'https://10.0.0.3:8935',
      worker_url: n % 5 === 0 ? '' : `https://10.0.0.${n % 5}:9000`,
      price_per_unit: n % 3 === 0 ? null : `${Math.floor(random() * 1e6)}.000000001`,
      models: n % 2 === 0 ? [] : ['m1', `m-${n % 3}`],
    };
  });
}

/** A payment for each session key, some of them unlinked. */
export function paymentRows(random: Random, keys: readonly string[], fromMs: number, toMs: number): readonly Row[] {
  return keys.map((key, n) => {
    const paidMs = Math.floor(fromMs + random() * (toMs - fromMs));
    const isLinked = random() < 0.7;
    return {
      bucket_start: bucketOf(paidMs, '5m'),
      paid_at: new Date(paidMs).toISOString(),
      org: 'daydream',
      event_id: `payment-${key}`,
      payment_id: `p_${key}`,
      grain_id: 1000 + (n % GRAIN_COUNT),
      orch_url: n % 2 === 0 ? 'https://orch.example.com:8935' : 'https://10.0.0.3:8935',
      // larger than any float could add up
      face_value_wei: `${10n ** 60n + BigInt(Math.floor(random() * 1e9))}`,
      expected_value_wei: `${BigInt(Math.floor(random() * 1e9))}`,
      session_key: isLinked ? key : '',
      link_method: isLinked ? 'request' : 'none',
    };
  });
}

export function sessionKeys(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
}

export function bucketOf(ms: number, width: '5m' | '1h'): string {
  return new Date(Math.floor(ms / WIDTH_MS[width]) * WIDTH_MS[width]).toISOString();
}
