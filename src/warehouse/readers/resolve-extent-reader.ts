import type { ClientBase } from 'pg';
import type { MessageKind } from '../../domain/message.js';
import { MESSAGE_TABLES, type MessageTables } from '../message-tables.js';
import { jobNamesBetween, KNOWN_JOBS_BETWEEN, MARKED_JOBS } from '../stores/job-mark-store.js';
import { markedMessages, messageNamesBetween } from '../stores/message-mark-store.js';
import { MARKED_PAYMENTS } from '../stores/payment-mark-store.js';
import { MARKED_GATEWAYS, sessionsOfGateways } from './gateway-extent.js';

/** How much a resolver run would touch. */
export interface ResolveExtent {
  readonly sessions: number;
  /** Events that would be read. */
  readonly events: number;
  /** Payments that would be linked; sessions that change may concern others. */
  readonly payments: number;
  /** Jobs that would be resolved; sightings that wait may concern others. */
  readonly jobs: number;
  /** Messages of each kind that would be resolved; sightings that wait may concern others. */
  readonly messages: Readonly<Record<MessageKind, number>>;
  /** Marks of sessions and sightings that would be worked off, with those that a repair would set. */
  readonly marks: number;
  /** Distinct 5-minute and hourly buckets that hold what is resolved again; those of later ones can change as well. */
  readonly buckets5m: number;
  readonly buckets1h: number;
}

const MARKED_SLICES = `
  select distinct org, session_key, slice_start from work.session_mark where slice_start is not null`;
const SLICES_WITH_EVENTS = `
  select distinct org, session_key, public.time_bucket(interval '5 minutes', event_at) as slice_start
  from fact.session_event
  where event_at >= $1 and event_at < $2`;
const MARKS = '(select count(*) from work.session_mark) + (select count(*) from work.sighting_mark)';

// A mark without a slice judges all buckets of its session again.
interface Parts {
  readonly slices: string;
  readonly judgedAgain: string;
  readonly payments: string;
  readonly jobs: string;
  readonly messagesOf: (tables: MessageTables) => string;
  readonly marks: string;
}
const extentOf = ({ slices, judgedAgain, payments, jobs, messagesOf, marks }: Parts) => `
with slice as materialized (${slices}),
whole as materialized (${judgedAgain}),
bucket as (
  select slice_start as bucket_start from slice
  union
  select b.bucket_start
  from whole as w join core.session_bucket_5m as b on b.session_key = w.session_key and b.org = w.org
)
select
  (select count(*) from (select org, session_key from slice union select org, session_key from whole) as s)::float8
    as sessions,
  (
    select count(*)
    from slice as s
    join fact.session_event as e
      on e.session_key = s.session_key and e.org = s.org
      and e.event_at >= s.slice_start and e.event_at < s.slice_start + interval '5 minutes'
  )::float8 as events,
  (select count(*) from (${payments}) as p)::float8 as payments,
  (select count(*) from (${jobs}) as j)::float8 as jobs,
  jsonb_build_object(${MESSAGE_TABLES.map((tables) => `'${tables.kind}', (select count(*) from (${messagesOf(tables)}) as m)`).join(', ')})
    as messages,
  (${marks})::float8 as marks,
  (select count(*) from bucket)::float8 as "buckets5m",
  (select count(distinct date_trunc('hour', bucket_start, 'UTC')) from bucket)::float8 as "buckets1h"`;

const PAYMENTS_WITH_EVENTS = 'select org, event_id from fact.payment where event_at >= $1 and event_at < $2';
const OF_GATEWAYS = sessionsOfGateways(MARKED_GATEWAYS);
const MARKED = {
  name: 'resolve-extent-reader/marked',
  text: extentOf({
    slices: MARKED_SLICES,
    judgedAgain: `select org, session_key from work.session_mark where slice_start is null union ${OF_GATEWAYS}`,
    payments: MARKED_PAYMENTS,
    jobs: MARKED_JOBS,
    messagesOf: markedMessages,
    marks: MARKS,
  }),
};
const SPAN = {
  name: 'resolve-extent-reader/span',
  text: extentOf({
    slices: `${SLICES_WITH_EVENTS} union ${MARKED_SLICES}`,
    judgedAgain: OF_GATEWAYS,
    payments: `${MARKED_PAYMENTS} union ${PAYMENTS_WITH_EVENTS}`,
    jobs: `select * from (${MARKED_JOBS}) as m union ${KNOWN_JOBS_BETWEEN}`,
    messagesOf: (tables) => `${markedMessages(tables)} union ${messageNamesBetween(tables, '$1', '$2')}`,
    marks: `${MARKS} + (select count(*) from (${SLICES_WITH_EVENTS}) as set_anew)`,
  }),
};
const EVERYTHING = {
  name: 'resolve-extent-reader/everything',
  text: extentOf({
    slices: SLICES_WITH_EVENTS,
    judgedAgain: 'select org, session_key from core.session',
    payments: `${PAYMENTS_WITH_EVENTS} union select org, event_id from core.payment where paid_at < $1`,
    jobs: jobNamesBetween('$1', '$2'),
    messagesOf: ({ fact }) => `select event_id from ${fact} where event_at >= $1`,
    marks: MARKS,
  }),
};
const FAR_FUTURE = new Date('9999-01-01Z');

/** What a drain of the marks would touch. */
export function readMarkedExtent(client: Pick<ClientBase, 'query'>): Promise<ResolveExtent> {
  return read(client, MARKED, []);
}

/** What a repair of `[from, to)` would touch, with the marks that wait. */
export function readSpanExtent(client: Pick<ClientBase, 'query'>, from: Date, to: Date): Promise<ResolveExtent> {
  return read(client, SPAN, [from, to]);
}

/** What a rebuild of everything since the raw floor would touch. */
export function readRebuildExtent(client: Pick<ClientBase, 'query'>, rawFloor: Date): Promise<ResolveExtent> {
  return read(client, EVERYTHING, [rawFloor, FAR_FUTURE]);
}

async function read(
  client: Pick<ClientBase, 'query'>,
  statement: { readonly name: string; readonly text: string },
  values: unknown[],
): Promise<ResolveExtent> {
  const { rows } = await client.query<ResolveExtent>({ ...statement, values });
  const [extent] = rows;
  if (extent === undefined) throw new Error('an aggregate answers one row, seen none');
  return extent;
}
