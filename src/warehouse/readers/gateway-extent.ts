import { BYOC_COMPLETED } from '../../domain/job.js';

/** Gateways whose configuration what is stored may not follow yet. */
export const MARKED_GATEWAYS = 'select gateway from work.gateway_mark';
/** The gateways of $1. */
export const NAMED_GATEWAYS = 'select unnest($1::text[])';

// Rows of core keep a gateway's public name only, so its host is looked for in the facts: a batch that is under way may
// not have written what it made of them, by the old name. No index is on it: each of these is a scan of its table, and
// none where `gateways`, a query, answers no row.

/** Sessions with an event of some gateways, but for those begun before the raw floor. */
export const sessionsOfGateways = (gateways: string): string => `
select distinct e.org, e.session_key
from fact.session_event as e cross join work.floor as f
where e.event_at >= f.raw_floor and e.gateway in (${gateways})
  and not exists (
    select from core.session as s
    where s.org = e.org and s.session_key = e.session_key and s.first_seen_at < f.raw_floor
  )`;

/** Payments of some gateways, with their chains; before the raw floor as well, since a rebuild makes them anew too. */
export const paymentsOfGateways = (gateways: string): string => `
select e.org, e.event_id, e.sender, e.recipient, e.session_id as payment_session_id, e.event_at as paid_at
from fact.payment as e
where e.gateway in (${gateways})
union
select p.org, p.event_id, p.sender, p.recipient, p.payment_session_id, p.paid_at
from core.payment as p
where p.gateway in (${gateways})`;

/** Jobs with an event of some gateways since the raw floor, as marks name them. */
export const jobsOfGateways = (gateways: string): string => `
select e.org, 'ai_batch' as kind, e.request_id, case when e.request_id = '' then e.event_id else '' end as event_id
from fact.ai_batch_event as e cross join work.floor as f
where e.event_at >= f.raw_floor and e.gateway in (${gateways})
union
select e.org, 'byoc', '', e.event_id
from fact.byoc_job_event as e cross join work.floor as f
where e.event_at >= f.raw_floor and e.name = '${BYOC_COMPLETED}' and e.gateway in (${gateways})`;

/** Messages of a table of facts from some gateways since the raw floor. */
export const messagesOfGateways = (fact: string, gateways: string): string => `
select e.org, e.event_id, e.event_at
from ${fact} as e cross join work.floor as f
where e.event_at >= f.raw_floor and e.gateway in (${gateways})`;
