import type { RecountPair } from './recount-pair.js';

const WIDTHS = [
  { width: '5m', interval: '5 minutes' },
  { width: '1h', interval: '1 hour' },
] as const;

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
];
