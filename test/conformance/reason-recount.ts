import type { RecountPair } from './recount-pair.js';

/** The words of the contract, as one condition after another; `classes` are those that a text may name itself. */
const reasonOf = (text: string, classes: readonly string[], transport: string): string => `case
    when lower(btrim(${text})) in (${classes.map((name) => `'${name}'`).join(', ')}) then lower(btrim(${text}))
    when ${text} ~* 'timeout|timed out|deadline' then 'timeout'
    when ${text} ~* 'capacity|capped|overload|busy|insufficient' then 'overload'
    when ${text} ~* 'price' then 'price'
    when ${text} ~* 'user|client' then 'user'
    ${transport}
    when ${text} ~* 'error|fail|refused|reset|eof|panic' then 'error'
    else 'unknown' end`;
const SWAP_CLASSES = ['timeout', 'overload', 'price', 'user', 'error', 'unknown'];
const ERROR_REASONS = [...SWAP_CLASSES, 'model_error', 'transport_disconnect', 'other'];
const EXCUSES =
  'no orchestrators available|mediamtx ingest disconnected|whip disconnected|missing video|ice connection state failed|user disconnected';

/** Classes and reasons from the typed events alone. */
export const REASON_PAIRS: readonly RecountPair[] = [
  {
    what: 'swaps: each announced one once, at its own time, for the class of its text',
    facts: `
      select concat_ws(' ', org, session_key, event_id, event_at, public.time_bucket('5 minutes', event_at),
        ${reasonOf('swap_reason', SWAP_CLASSES, '')}, is_requested) as line
      from (
        select *, bool_or(milestones & 1 > 0) over (partition by org, session_key) as is_requested
        from fact.session_event
      ) as e where is_swap`,
    core: `
      select concat_ws(' ', org, session_key, event_id, swapped_at, bucket_start, reason_class, is_requested) as line
      from core.swap where is_explicit`,
  },
  {
    what: 'failures: each session in the first class that holds, for the reason of its first error',
    facts: `
      select concat_ws(' ', org, session_key, class, class, coalesce(errors[1][2], 'none'), errors[1][1]) as line
      from (
        select org, session_key,
          case
            when not bool_or(milestones & 1 > 0) then null
            when not bool_or(milestones & 64 > 0) and not (bool_or(milestones & 256 > 0) and not bool_or(observed))
              and not (bool_or(is_error) and bool_and(is_excuse) filter (where is_error)) then 'startup_failed'
            when bool_or(is_sample)
              and not bool_or(is_sample and state in ('ONLINE', 'DEGRADED_INPUT', 'DEGRADED_INFERENCE'))
              then 'loading_only'
            when bool_or(is_sample) and not coalesce(bool_or(is_sample and fps_micro > 0), false) then 'zero_output'
            when bool_or(milestones & 64 > 0) then null
            when bool_or(milestones & 256 > 0) and not bool_or(observed) then 'no_orch'
            else 'excusable_error'
          end as class,
          array_agg(array[event_id, reason] order by is_excuse, event_at, family_rank, event_id collate "C")
            filter (where is_error) as errors
        from (
          select *, message ~* '${EXCUSES}' as is_excuse,
            shows_identity and orch_url || orch_address <> ''
              or is_swap and orch_url || orch_address || swap_to_url || swap_to_address <> '' as observed,
            case when failure_reason in (${ERROR_REASONS.map((name) => `'${name}'`).join(', ')}) then failure_reason
              else ${reasonOf(
                'message',
                ERROR_REASONS,
                `when message ~* 'disconnect|ice connection' then 'transport_disconnect'`,
              )} end as reason
          from fact.session_event
        ) as e
        group by org, session_key
      ) as s
      where class is not null`,
    core: `
      select concat_ws(' ', s.org, s.session_key, s.failure_class, b.failure_class, b.failure_reason,
        s.failure_event_id) as line
      from core.session as s join core.session_start as b using (org, session_key)
      where s.failure_class is not null or b.failure_class <> ''`,
  },
];
