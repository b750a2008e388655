import type { SqlSession } from '../../src/warehouse/sql-session.js';
import { NAIVE_LINKS } from '../db/jobs/naive-links.js';
import { DISCOVERY_PAIRS } from './discovery-recount.js';
import { INGEST_PAIRS } from './ingest-recount.js';
import { JOB_PAIRS } from './job-recount.js';
import { MEASURE_PAIRS } from './measure-recount.js';
import { MESSAGE_PAIRS } from './message-recount.js';
import { REASON_PAIRS } from './reason-recount.js';
import type { RecountPair } from './recount-pair.js';

/**
 * What plain sums over the typed events say of every session, bucket and segment, without folds, slices or prefixes.
 * Each statement answers `line`s; the first of a pair counts facts, the second reads core [PARITY-002].
 */
const PAIRS: readonly RecountPair[] = [
  {
    what: 'sessions: span, flags, samples, errors, announced swaps',
    facts: `
      select concat_ws(' ', org, session_key, coalesce(min(event_at) filter (where milestones & 1 > 0), min(event_at)),
        min(event_at), max(event_at), bool_or(milestones & 1 > 0), bool_or(milestones & 64 > 0),
        bool_or(milestones & 512 > 0), bool_or(milestones & 256 > 0), count(*) filter (where is_sample),
        count(fps_micro) filter (where is_sample), count(*) filter (where is_sample and fps_micro > 0),
        trim_scale(coalesce(sum(fps_micro) filter (where is_sample), 0) / 1000000::numeric),
        count(*) filter (where is_error), count(*) filter (where is_swap)) as line
      from fact.session_event group by org, session_key`,
    core: `
      select concat_ws(' ', org, session_key, started_at, first_seen_at, last_seen_at, is_requested, is_playable,
        is_completed, has_no_orch, status_sample_count, fps_sample_count, fps_positive_count, trim_scale(fps_sum),
        error_count, explicit_swap_count) as line
      from core.session`,
  },
  {
    what: 'demand: each session once, in the five minutes of its start',
    facts: `
      select concat_ws(' ', org, session_key, public.time_bucket('5 minutes',
        coalesce(min(event_at) filter (where milestones & 1 > 0), min(event_at))), 1,
        bool_or(milestones & 1 > 0)::integer, bool_or(milestones & 1 > 0 and playable)::integer) as line
      from (
        select *, bool_or(milestones & 64 > 0) over (partition by org, session_key) as playable from fact.session_event
      ) as e group by org, session_key`,
    core: `
      select concat_ws(' ', org, session_key, bucket_start, known_count, requested_count, startup_success_count) as line
      from core.session_start`,
  },
  ...(['5m', '1h'] as const).map((width) => ({
    what: `service by ${width}: every sample once, tails included`,
    facts: `
      select concat_ws(' ', org, session_key, public.time_bucket('${width === '5m' ? '5 minutes' : '1 hour'}', event_at),
        count(*), count(fps_micro), trim_scale(coalesce(sum(fps_micro), 0) / 1000000::numeric),
        count(*) filter (where state in ('ONLINE', 'DEGRADED_INPUT', 'DEGRADED_INFERENCE'))) as line
      from fact.session_event where is_sample
      group by org, session_key, public.time_bucket('${width === '5m' ? '5 minutes' : '1 hour'}', event_at)`,
    core: `
      select concat_ws(' ', org, session_key, bucket_start, sum(status_sample_count), sum(fps_sample_count),
        trim_scale(sum(fps_sum)),
        sum(online_sample_count + degraded_input_sample_count + degraded_inference_sample_count)) as line
      from core.session_bucket_${width}
      group by org, session_key, bucket_start having sum(status_sample_count) > 0`,
  })),
  {
    what: 'segments: their samples sum to the session, each with one decision in force',
    facts: `
      select concat_ws(' ', org, session_key, count(*) filter (where is_sample), 'decided') as line
      from fact.session_event group by org, session_key`,
    core: `
      select concat_ws(' ', g.org, g.session_key, sum(g.status_sample_count),
        case when count(d.decision_id) = count(*) and bool_and(d.orchestrator_address = g.orchestrator_address)
          then 'decided' else 'undecided' end) as line
      from core.segment as g
      left join core.decision as d
        on d.org = g.org and d.session_key = g.session_key and d.ordinal = g.ordinal and d.superseded_at is null
      group by g.org, g.session_key`,
  },
  {
    what: 'latencies: each of a session’s counted once, in one hour of one identity',
    facts: `
      select concat_ws(' ', org, session_key, startup_ms, e2e_ms, ptff_ms) as line from core.session
      where coalesce(startup_ms, e2e_ms, ptff_ms) is not null`,
    core: `
      select concat_ws(' ', org, session_key,
        case sum(startup_sample_count) when 1 then sum(startup_ms_sum) end,
        case sum(e2e_sample_count) when 1 then sum(e2e_ms_sum) end,
        case sum(ptff_sample_count) when 1 then sum(ptff_ms_sum) end) as line
      from core.session_bucket_1h
      group by org, session_key having sum(startup_sample_count + e2e_sample_count + ptff_sample_count) > 0`,
  },
  {
    what: 'payments: each once, its money, and the session that the rule over all rows at once leads to',
    facts: `
      select concat_ws(' ', p.org, p.event_id, p.event_at, p.sender, p.recipient, p.ticket_count, p.face_value_wei,
        p.expected_value_wei, n.link) as line
      from fact.payment as p join (${NAIVE_LINKS}) as n on n.org = p.org and n.event_id = p.event_id`,
    core: `
      select concat_ws(' ', org, event_id, paid_at, sender, recipient, ticket_count, face_value_wei,
        expected_value_wei, link_method, nullif(session_key, '')) as line
      from core.payment`,
  },
  ...JOB_PAIRS,
  ...REASON_PAIRS,
  ...DISCOVERY_PAIRS,
  ...MESSAGE_PAIRS,
  ...INGEST_PAIRS,
  ...MEASURE_PAIRS,
];

export interface Recount {
  readonly what: string;
  readonly wanted: readonly string[];
  readonly seen: readonly string[];
}

export async function recountCore(session: SqlSession): Promise<readonly Recount[]> {
  const recounts: Recount[] = [];
  for (const { what, facts, core } of PAIRS) {
    recounts.push({ what, wanted: await linesOf(session, facts), seen: await linesOf(session, core) });
  }
  return recounts;
}

export async function linesOf(session: SqlSession, select: string): Promise<readonly string[]> {
  const { rows } = await session.query<{ line: string }>(`select line from (${select}) as t order by line collate "C"`);
  return rows.map(({ line }) => line);
}
