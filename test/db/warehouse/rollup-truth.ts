import type { Rollup } from '../../../src/warehouse/rollup-definition.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';

/** Measures that are not the sum of a column of their name. */
const OWN_SUMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'core.session_bucket_5m': { last_seen_at: 'max(s.last_seen_at)' },
  'core.session_bucket_1h': { last_seen_at: 'max(s.last_seen_at)' },
  'core.job': {
    job_count: 'sum(1)',
    selected_count: "sum((s.outcome = 'selected')::int)",
    no_orch_count: "sum((s.outcome = 'no_orch')::int)",
    unknown_count: "sum((s.outcome = 'unknown')::int)",
    success_count: 'sum(coalesce(s.is_success, false)::int)',
    failed_count: 'sum(coalesce(not s.is_success, false)::int)',
    duration_sample_count: 'sum((s.duration_ms is not null)::int)',
    duration_ms_sum: 'sum(coalesce(s.duration_ms, 0))',
    duration_ms_histogram: 'sum(coalesce(s.duration_ms_histogram, 0))',
    llm_count: "sum((s.llm_event_id <> '')::int)",
    llm_failed_count: "sum((s.llm_error <> '')::int)",
    ttft_sample_count: 'sum((s.ttft_ms is not null)::int)',
    ttft_ms_sum: 'sum(coalesce(s.ttft_ms, 0))',
    ttft_ms_histogram: 'sum(coalesce(s.ttft_ms_histogram, 0))',
    tokens_per_second_sample_count: 'sum((s.tokens_per_second is not null)::int)',
    tokens_per_second_sum: 'sum(coalesce(s.tokens_per_second, 0))',
    total_tokens_sample_count: 'sum((s.total_tokens is not null)::int)',
    total_tokens_sum: 'sum(coalesce(s.total_tokens, 0))',
    prompt_tokens_sum: 'sum(coalesce(s.prompt_tokens, 0))',
    completion_tokens_sum: 'sum(coalesce(s.completion_tokens, 0))',
    failure_count: 'sum(1)',
  },
  'core.session_start': { failure_count: 'sum(1)' },
  'core.swap': { swap_count: 'sum(1)', requested_swap_count: 'sum(s.is_requested::int)' },
  'core.discovery': {
    found_count: 'sum(1)',
    unknown_orchestrator_count: 'sum((not s.is_known)::int)',
    unusable_latency_count: 'sum((s.latency_ms is null)::int)',
    latency_sample_count: 'sum((s.latency_ms is not null)::int)',
    latency_ms_sum: 'sum(coalesce(s.latency_ms, 0))',
    latency_ms_histogram: 'sum(coalesce(s.latency_ms_histogram, 0))',
  },
  'core.ticket': {
    ticket_count: 'sum(1)',
    repeated_count: 'sum(s.is_repeated::int)',
    billable_seconds_sample_count: 'sum((s.billable_seconds is not null)::int)',
    billable_seconds_sum: 'sum(coalesce(s.billable_seconds, 0))',
    pixels_sample_count: 'sum((s.pixels is not null)::int)',
    pixels_sum: 'sum(coalesce(s.pixels, 0))',
    computed_fee_sample_count: 'sum((s.computed_fee is not null)::int)',
    computed_fee_sum: 'sum(coalesce(s.computed_fee, 0))',
  },
  'core.byoc_auth': {
    event_count: 'sum(1)',
    success_count: 'sum(coalesce(s.is_success, false)::int)',
    failed_count: 'sum(coalesce(not s.is_success, false)::int)',
  },
  'core.byoc_worker': {
    event_count: 'sum(1)',
    price_sample_count: 'sum((s.price_per_unit is not null)::int)',
    price_sum: 'sum(coalesce(s.price_per_unit, 0))',
  },
  'core.payment': {
    payment_count: 'sum(1)',
    linked_count: "sum((s.link_method <> 'none')::int)",
    linked_face_value_wei: "sum(case when s.link_method = 'none' then 0 else s.face_value_wei end)",
    linked_expected_value_wei: "sum(case when s.link_method = 'none' then 0 else s.expected_value_wei end)",
  },
};

/** Rollups that leave rows of their source out. */
const KEPT = [
  ['service', 'where not s.is_tail'],
  ['failure', "where s.failure_class <> ''"],
  ['job_failure', "where s.failure_class <> ''"],
] as const;

/** What the rollup must answer: its sums counted anew from the table of core, by nobody's SELECT but this one. */
export async function recount(session: SqlSession, rollup: Rollup): Promise<readonly unknown[]> {
  const key = rollup.key.slice(1).map((column) => `s.${column}`);
  const measures = rollup.columns
    .map(({ name }) => name)
    .filter((name) => !rollup.key.includes(name))
    .map((name) => `(${OWN_SUMS[rollup.root]?.[name] ?? `sum(s.${name})`})::text as ${name}`);
  const { rows } = await session.query(`
    select date_bin('${rollup.bucket}', s.bucket_start, '2000-01-03Z') as bucket_start, ${key.join(', ')}, ${measures.join(', ')}
    from ${rollup.root} as s
    ${KEPT.find(([name]) => rollup.name.startsWith(name))?.[1] ?? ''}
    group by 1, ${key.join(', ')}
    order by 1, ${key.join(', ')}`);
  return rows;
}

/** What the rollup's public view, or another relation of its columns, answers, in the shape of `recount`. */
export async function published(
  session: SqlSession,
  rollup: Rollup,
  relation = `api.${rollup.name}`,
): Promise<readonly unknown[]> {
  const key = rollup.key.slice(1);
  const measures = rollup.columns.map(({ name }) => name).filter((name) => !rollup.key.includes(name));
  const { rows } = await session.query(`
    select bucket_start, ${key.join(', ')}, ${measures.map((name) => `${name}::text`).join(', ')}
    from ${relation}
    order by bucket_start, ${key.join(', ')}`);
  return rows;
}
