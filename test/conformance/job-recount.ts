import type { RecountPair } from './recount-pair.js';

const BY_TIME = 'event_at, event_id collate "C"';
/** One decision in force for a selected job, none for another. */
const DECISION = `
  case (
    select count(*) from core.job_decision as d
    where d.org = j.org and d.kind = j.kind and d.job_key = j.job_key and d.superseded_at is null
  ) when 0 then 'undecided' when 1 then 'decided' end`;

/** What one text says definitely, null when it says nothing or no more than that there was an error. */
const definite = (text: string): string => `case
    when lower(btrim(${text})) in ('timeout', 'overload', 'price', 'user', 'model_error', 'transport_disconnect', 'other',
      'no_orchestrators', 'bad_request') then lower(btrim(${text}))
    when ${text} ~* 'no orchestrators' then 'no_orchestrators'
    when ${text} ~* 'cancell?ed' then 'user'
    when ${text} ~* 'timeout|timed out|deadline' then 'timeout'
    when ${text} ~* 'capacity|capped|overload|busy|insufficient' then 'overload'
    when ${text} ~* 'price' then 'price'
    when ${text} ~* 'user|client' then 'user'
    when ${text} ~* 'disconnect|ice connection' then 'transport_disconnect' end`;

/** The reason from texts and an HTTP status, each a SQL expression, one condition after another. */
const reasonOf = (texts: readonly string[], status: string): string => {
  const all = texts.join(" || ' ' || ");
  return `coalesce(${texts.map(definite).join(', ')}, case
    when ${status} in (408, 504) then 'timeout'
    when ${status} in (429, 503) then 'overload'
    when ${status} = 402 then 'price'
    when ${status} = 499 then 'user'
    when ${status} between 400 and 499 then 'bad_request'
    when ${status} >= 500 or ${all} ~* 'error|fail|refused|reset|eof|panic' then 'error'
    when ${all} ~ '[^ ]' then 'unknown'
    else 'none' end)`;
};

/** Jobs as the typed events tell them, over all rows at once: no marks, no batches [domain 4.2, PARITY-002]. */
export const JOB_PAIRS: readonly RecountPair[] = [
  {
    what: 'AI batch jobs: each completed request once, at its reception, with its outcome and LLM event',
    facts: `
      select concat_ws(' ', c.org, c.event_id,
        coalesce((
          select min(r.event_at) from fact.ai_batch_event as r
          where r.org = c.org and r.request_id = c.request_id and c.request_id <> '' and r.name = 'ai_batch_request_received'
        ), c.event_at),
        case when c.orch_url <> '' then 'selected decided'
          when c.is_success is not true and c.error_type = 'no_orchestrators' then 'no_orch undecided'
          else 'unknown undecided' end,
        coalesce(c.is_success::text, '-'), coalesce(c.duration_ms::text, '-'), l.event_id,
        case
          when c.orch_url = '' and c.is_success is not true and c.error_type = 'no_orchestrators' then 'no_orch'
          when not c.is_success then 'failed'
          when l.error <> '' then 'llm_failed'
          when c.is_success is null and c.error_type || c.error <> '' then 'unsaid'
        end,
        case
          when not c.is_success or c.orch_url = '' and c.is_success is not true and c.error_type = 'no_orchestrators'
            then ${reasonOf(['c.error_type', 'c.error', "coalesce(l.error, '')"], 'null::integer')}
          when l.error <> '' then ${reasonOf(['l.error'], 'null::integer')}
          when c.is_success is null and c.error_type || c.error <> ''
            then ${reasonOf(['c.error_type', 'c.error'], 'null::integer')}
        end) as line
      from (
        select distinct on (org, request_id, case when request_id = '' then event_id end) *
        from fact.ai_batch_event where name = 'ai_batch_request_completed'
        order by org, request_id, case when request_id = '' then event_id end, ${BY_TIME}
      ) as c
      left join lateral (
        select l.event_id, l.error from fact.llm_event as l
        where l.org = c.org and l.request_id = c.request_id and c.request_id <> ''
        order by l.event_at, l.event_id collate "C" limit 1
      ) as l on true`,
    core: `
      select concat_ws(' ', org, event_id, job_at, outcome, ${DECISION}, coalesce(is_success::text, '-'),
        coalesce(duration_ms::text, '-'), nullif(llm_event_id, ''), nullif(failure_class, ''),
        nullif(failure_reason, '')) as line
      from core.job as j where kind = 'ai_batch'`,
  },
  {
    what: 'BYOC jobs: each completion once, with its outcome and the worker event that names its one model',
    facts: `
      select concat_ws(' ', c.org, c.event_id, c.event_at,
        case when c.orch_url <> '' or c.orch_address <> '' then 'selected decided' else 'unknown undecided' end,
        coalesce(c.is_success::text, '-'), coalesce(c.duration_ms::text, '-'), (
          select case when (select count(distinct model) from unnest(w.models) as model) = 1 then w.event_id end
          from fact.worker_lifecycle_event as w
          where w.org = c.org and lower(w.capability) = lower(c.capability) and w.models <> '{}'
            and ((w.orch_url = c.orch_url and c.orch_url <> '') or (w.orch_address = c.orch_address and c.orch_address <> ''))
            and w.event_at between c.event_at - interval '30 days' and c.event_at
          order by (w.worker_url = c.worker_url and c.worker_url <> '') desc, w.event_at desc, w.event_id collate "C" desc
          limit 1
        ),
        case
          when not c.is_success then 'failed'
          when c.is_success is null and (c.error <> '' or c.http_status >= 400) then 'unsaid'
        end,
        case when not c.is_success or c.is_success is null and (c.error <> '' or c.http_status >= 400)
          then ${reasonOf(['c.error'], 'c.http_status')} end) as line
      from fact.byoc_job_event as c where c.name = 'job_gateway_completed'`,
    core: `
      select concat_ws(' ', org, event_id, job_at, outcome, ${DECISION}, coalesce(is_success::text, '-'),
        coalesce(duration_ms::text, '-'), nullif(worker_event_id, ''), nullif(failure_class, ''),
        nullif(failure_reason, '')) as line
      from core.job as j where kind = 'byoc'`,
  },
];
