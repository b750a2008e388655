import type { RecountPair } from './recount-pair.js';

const BY_TIME = 'event_at, event_id collate "C"';
/** One decision in force for a selected job, none for another. */
const DECISION = `
  case (
    select count(*) from core.job_decision as d
    where d.org = j.org and d.kind = j.kind and d.job_key = j.job_key and d.superseded_at is null
  ) when 0 then 'undecided' when 1 then 'decided' end`;

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
        coalesce(c.is_success::text, '-'), coalesce(c.duration_ms::text, '-'), (
          select l.event_id from fact.llm_event as l
          where l.org = c.org and l.request_id = c.request_id and c.request_id <> ''
          order by l.event_at, l.event_id collate "C" limit 1
        )) as line
      from (
        select distinct on (org, request_id, case when request_id = '' then event_id end) *
        from fact.ai_batch_event where name = 'ai_batch_request_completed'
        order by org, request_id, case when request_id = '' then event_id end, ${BY_TIME}
      ) as c`,
    core: `
      select concat_ws(' ', org, event_id, job_at, outcome, ${DECISION}, coalesce(is_success::text, '-'),
        coalesce(duration_ms::text, '-'), nullif(llm_event_id, '')) as line
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
        )) as line
      from fact.byoc_job_event as c where c.name = 'job_gateway_completed'`,
    core: `
      select concat_ws(' ', org, event_id, job_at, outcome, ${DECISION}, coalesce(is_success::text, '-'),
        coalesce(duration_ms::text, '-'), nullif(worker_event_id, '')) as line
      from core.job as j where kind = 'byoc'`,
  },
];
