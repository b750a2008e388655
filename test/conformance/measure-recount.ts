import type { RecountPair } from './recount-pair.js';

const WIDTHS = [
  { width: '5m', interval: '5 minutes' },
  { width: '1h', interval: '1 hour' },
] as const;

/** The reading of a publisher's counter before, and its instant. */
function lastOf(direction: string): string {
  const over = `over (partition by org, session_key, publisher_id, ${direction}_bytes is null order by event_at, event_id collate "C")`;
  return `lag(${direction}_bytes) ${over} as ${direction}_before,
    extract(epoch from lag(event_at) ${over})::numeric * 1000 as ${direction}_before_ms`;
}

/** Bytes and milliseconds of a direction, each as text. */
function spanOf(direction: string): string {
  const [bytes, before] = [`${direction}_bytes`, `${direction}_before`];
  return `coalesce(sum(case when ${bytes} >= ${before} then ${bytes} - ${before}
      when ${bytes} is null then round((${direction}_mbps * 125 * sampling_interval_ms)::numeric) end), 0),
    trim_scale(coalesce(sum(case when ${bytes} >= ${before} then at_ms - ${before}_ms
      when ${bytes} is null and ${direction}_mbps is not null then sampling_interval_ms end), 0))`;
}

/** What runners and streams report beside their frames, in plain SQL over the typed events [PARITY-002]. */
export const MEASURE_PAIRS: readonly RecountPair[] = [
  ...WIDTHS.map(({ width, interval }) => ({
    what: `parameter updates by ${width}: each once`,
    facts: `
      select concat_ws(' ', org, session_key, public.time_bucket('${interval}', event_at), count(*)) as line
      from fact.session_event where family_rank = 2 and name = 'params_update'
      group by org, session_key, public.time_bucket('${interval}', event_at)`,
    core: `
      select concat_ws(' ', org, session_key, bucket_start, sum(parameter_update_count)) as line
      from core.session_bucket_${width}
      group by org, session_key, bucket_start having sum(parameter_update_count) > 0`,
  })),
  {
    what: 'restarts of sessions with one orchestrator: announced or counted, whichever is more',
    facts: `
      select concat_ws(' ', org, session_key, restarts, restarts, restarts) as line
      from (
        select org, session_key, greatest(count(*) filter (where is_restart), coalesce(sum(
          case when restart_count >= before then restart_count - before else restart_count end), 0)) as restarts
        from (
          select *, coalesce(lag(restart_count) over (
            partition by org, session_key, restart_count is null order by event_at, family_rank, event_id collate "C"
          ), 0) as before
          from fact.session_event where coalesce(restart_count, 0) >= 0
        ) as e
        group by org, session_key
      ) as r
      join core.session as s using (org, session_key)
      where restarts > 0 and s.segment_count = 1`,
    core: `
      select concat_ws(' ', s.org, s.session_key, s.restart_count,
        (select sum(b.restart_count) from core.session_bucket_5m as b where b.org = s.org and b.session_key = s.session_key),
        (select sum(b.restart_count) from core.session_bucket_1h as b where b.org = s.org and b.session_key = s.session_key)
      ) as line
      from core.session as s where s.restart_count > 0 and s.segment_count = 1`,
  },
  ...WIDTHS.map(({ width, interval }) => ({
    what: `readings by ${width}: bytes from one reading of a publisher to its next, utilisation, operations`,
    facts: `
      select concat_ws(' ', org, session_key, public.time_bucket('${interval}', event_at),
        count(coalesce(tx_bytes, tx_mbps)), ${spanOf('tx')}, count(coalesce(rx_bytes, rx_mbps)), ${spanOf('rx')},
        count(gpu_utilisation), trim_scale(coalesce(sum(gpu_utilisation::numeric), 0)),
        count(achieved_flops * peak_flops),
        trim_scale(coalesce(sum(achieved_flops::numeric) filter (where peak_flops is not null), 0))) as line
      from (
        select *, ${['tx', 'rx'].map(lastOf).join(', ')}, extract(epoch from event_at)::numeric * 1000 as at_ms
        from fact.transport_sample
      ) as e
      group by org, session_key, public.time_bucket('${interval}', event_at)`,
    core: `
      select concat_ws(' ', org, session_key, bucket_start, sum(tx_sample_count), sum(tx_bytes_sum), sum(tx_ms_sum),
        sum(rx_sample_count), sum(rx_bytes_sum), sum(rx_ms_sum), sum(gpu_utilisation_sample_count),
        trim_scale(sum(gpu_utilisation_sum)), sum(flops_sample_count), trim_scale(sum(achieved_flops_sum))) as line
      from core.session_bucket_${width}
      where (org, session_key, bucket_start) in (
        select org, session_key, public.time_bucket('${interval}', event_at) from fact.transport_sample)
      group by org, session_key, bucket_start`,
  })),
];
