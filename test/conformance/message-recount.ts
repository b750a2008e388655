import { capabilityOf, GATEWAY, GRAIN_GATEWAY, hintOf, modelOf, nameOf, ownerOf } from './grain-recount.js';
import type { RecountPair } from './recount-pair.js';

/** Of the messages that stand for themselves, each once: gateway, orchestrator, and nothing that they do not name. */
const OWNER = `coalesce(${ownerOf('f.orch_url', 'f.orch_address')}, '')`;
const GRAIN = `${GRAIN_GATEWAY}, g.orchestrator_address, g.gpu_id, g.is_synthetic`;
const MENTION = `${GATEWAY}, ${OWNER}, '', false`;

/** Tickets of one organisation and signer's session with a number, signed at most 7 days from each other. */
const OF_ITS_SESSION = `o.org = f.org and o.session_id = f.session_id and f.session_id <> '' and o.event_id <> f.event_id
  and o.event_at between f.event_at - interval '7 days' and f.event_at + interval '7 days'`;

/** Tickets, BYOC authorisations and BYOC workers as the typed events tell them, over all rows at once [PARITY-002]. */
export const MESSAGE_PAIRS: readonly RecountPair[] = [
  {
    what: 'tickets: each once, its amounts, what its pipeline’s text means, and the numbers that nobody has before it',
    facts: `
      select concat_ws('|', f.org, f.event_id, f.event_at, ${MENTION}, ${hintOf(nameOf('f.pipeline'))}, f.session_id,
        f.request_id, f.orch_url, coalesce(f.sequence_number::text, '-'),
        case when n.is_repeated or f.sequence_number is null then 0
          else coalesce((n.step - 1) * (n.step <= 1000000000)::integer, 0) end, n.is_repeated,
        coalesce(f.billable_seconds::text, '-'), coalesce(f.pixels::text, '-'), coalesce(f.computed_fee::text, '-')) as line
      from fact.signed_ticket as f
      cross join lateral (
        select f.sequence_number::numeric - max(o.sequence_number) filter (where o.sequence_number < f.sequence_number) as step,
          coalesce(bool_or(o.sequence_number = f.sequence_number
            and (o.event_at < f.event_at or o.event_at = f.event_at and o.event_id < f.event_id collate "C")), false)
            as is_repeated
        from fact.signed_ticket as o where ${OF_ITS_SESSION}
      ) as n`,
    core: `
      select concat_ws('|', t.org, t.event_id, t.signed_at, ${GRAIN}, g.pipeline, g.model, t.ticket_session_id,
        t.request_id, t.orch_url, coalesce(t.sequence_number::text, '-'), t.missing_count, t.is_repeated,
        coalesce(t.billable_seconds::text, '-'), coalesce(t.pixels::text, '-'), coalesce(t.computed_fee::text, '-')) as line
      from core.ticket as t join core.grain as g using (grain_id)
      where t.bucket_start = public.time_bucket('5 minutes', t.signed_at)`,
  },
  {
    what: 'BYOC authorisations: each once, what it says, and the capability as its pipeline',
    facts: `
      select concat_ws('|', f.org, f.event_id, f.event_at, ${MENTION}, ${capabilityOf('f.capability')}, '', f.capability,
        f.name, f.request_id, coalesce(f.is_success::text, '-'), f.error) as line
      from fact.byoc_auth_event as f`,
    core: `
      select concat_ws('|', e.org, e.event_id, e.event_at, ${GRAIN}, g.pipeline, g.model, e.capability,
        e.name, e.request_id, coalesce(e.is_success::text, '-'), e.error) as line
      from core.byoc_auth as e join core.grain as g using (grain_id)
      where e.bucket_start = public.time_bucket('5 minutes', e.event_at)`,
  },
  {
    what: 'BYOC workers: each event once, its price, the capability as its pipeline and the one model it offers',
    facts: `
      select concat_ws('|', f.org, f.event_id, f.event_at, ${MENTION}, ${capabilityOf('f.capability')},
        coalesce((
          select case when count(distinct m.model) = 1 then ${modelOf(`(${nameOf('min(m.model)')})`)} end
          from unnest(f.models) as m (model)
        ), ''),
        f.capability, f.name, f.orch_url, f.worker_url, coalesce(f.price_per_unit::text, '-'), f.models) as line
      from fact.worker_lifecycle_event as f`,
    core: `
      select concat_ws('|', e.org, e.event_id, e.event_at, ${GRAIN}, g.pipeline, g.model,
        e.capability, e.name, e.orch_url, e.worker_url, coalesce(e.price_per_unit::text, '-'), e.models) as line
      from core.byoc_worker as e join core.grain as g using (grain_id)
      where e.bucket_start = public.time_bucket('5 minutes', e.event_at)`,
  },
];
