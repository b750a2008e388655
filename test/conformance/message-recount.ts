import { ownerIn } from './owner-recount.js';
import type { RecountPair } from './recount-pair.js';

const OWNER = `coalesce(${ownerIn('d.orch_url', 'd.orch_address')}, '-')`;
const PLACE = `coalesce(nullif(g.orchestrator_address, ''), '-')`;
const amount = (column: string): string => `coalesce(trim_scale(${column})::text, '-')`;

/** Messages of gateways that are one row each, as the facts tell them over all rows at once [domain 4.2, PARITY-002]. */
export const MESSAGE_PAIRS: readonly RecountPair[] = [
  {
    what: 'tickets: each once, whom it is for, the gap before it, and whether it repeats a number',
    facts: `
      select concat_ws(' ', d.org, d.event_id, d.event_at, ${OWNER}, coalesce(d.sequence_number::text, '-'),
        case when n.is_repeated then 0 else coalesce(d.sequence_number - n.smaller - 1, 0) end, n.is_repeated,
        ${amount('d.billable_seconds')}, ${amount('d.pixels')}, ${amount('d.computed_fee')}) as line
      from fact.signed_ticket as d
      cross join lateral (
        select max(o.sequence_number) filter (where o.sequence_number < d.sequence_number) as smaller,
          coalesce(bool_or(o.sequence_number = d.sequence_number and (o.event_at, o.event_id) < (d.event_at, d.event_id)), false)
            as is_repeated
        from fact.signed_ticket as o
        where o.org = d.org and o.session_id = d.session_id and d.session_id <> ''
          and o.event_at between d.event_at - interval '7 days' and d.event_at + interval '7 days'
      ) as n`,
    core: `
      select concat_ws(' ', t.org, t.event_id, t.signed_at, ${PLACE}, coalesce(t.sequence_number::text, '-'),
        t.missing_count, t.is_repeated, ${amount('t.billable_seconds')}, ${amount('t.pixels')}, ${amount('t.computed_fee')}) as line
      from core.ticket as t join core.grain as g using (grain_id)`,
  },
  {
    what: 'authorisations of BYOC jobs: each once, who was asked and what was said',
    facts: `
      select concat_ws(' ', d.org, d.event_id, d.event_at, ${OWNER}, d.capability, coalesce(d.is_success::text, '-'), d.error) as line
      from fact.byoc_auth_event as d`,
    core: `
      select concat_ws(' ', a.org, a.event_id, a.event_at, ${PLACE}, a.capability, coalesce(a.is_success::text, '-'), a.error) as line
      from core.byoc_auth as a join core.grain as g using (grain_id)`,
  },
  {
    what: 'events of BYOC workers: each once, whose they are, their price and models',
    facts: `
      select concat_ws(' ', d.org, d.event_id, d.event_at, ${OWNER}, d.capability, d.worker_url, ${amount('d.price_per_unit')}, d.models) as line
      from fact.worker_lifecycle_event as d`,
    core: `
      select concat_ws(' ', w.org, w.event_id, w.event_at, ${PLACE}, w.capability, w.worker_url, ${amount('w.price_per_unit')}, w.models) as line
      from core.byoc_worker as w join core.grain as g using (grain_id)`,
  },
];
