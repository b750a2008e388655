import { type Grain, grainOf } from '../../../src/domain/grain.js';
import { publicName } from '../../../src/domain/public-name.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';
import { insertRows, type Row } from '../warehouse/seed.js';
import { iso } from './network.js';

/** Where a message was sent and whom it is about; blank is unknown. */
interface Placed {
  readonly id: string;
  readonly atMs: number;
  readonly org?: string;
  readonly gateway?: string;
  readonly orchestrator?: string;
  readonly pipeline?: string;
  readonly model?: string;
  readonly region?: string;
}

/** A ticket as a test wants to tell it; amounts null are not said. */
export interface SeedTicket extends Placed {
  readonly session: string;
  readonly sequence: number | null;
  readonly requestId?: string;
  readonly uri?: string;
  readonly billableSeconds?: string | null;
  readonly pixels?: string | null;
  readonly computedFee?: string | null;
}

export interface SeedAuth extends Placed {
  readonly capability: string;
  readonly isSuccess: boolean | null;
  readonly name?: string;
  readonly error?: string;
}

export interface SeedWorker extends Placed {
  readonly capability: string;
  readonly workerUrl?: string;
  readonly price?: string | null;
  readonly models?: readonly string[];
  readonly name?: string;
}

/** Writes tickets as the resolver would, gaps and repetitions told from all of them, and marks their buckets. */
export async function seedTickets(owner: SqlSession, tickets: readonly SeedTicket[]): Promise<void> {
  await seed(owner, 'ticket', tickets, (ticket) => ({
    signed_at: iso(ticket.atMs),
    ticket_session_id: ticket.session,
    request_id: ticket.requestId ?? '',
    orch_url: ticket.uri ?? '',
    sequence_number: ticket.sequence,
    missing_count: gapBefore(ticket, tickets),
    is_repeated: isRepeated(ticket, tickets),
    billable_seconds: ticket.billableSeconds ?? null,
    pixels: ticket.pixels ?? null,
    computed_fee: ticket.computedFee ?? null,
  }));
}

export async function seedAuths(owner: SqlSession, events: readonly SeedAuth[]): Promise<void> {
  await seed(owner, 'byoc_auth', events.map(withPipeline), ({ atMs, capability, isSuccess, name = '', error = '' }) => {
    return { event_at: iso(atMs), name, capability, is_success: isSuccess, error, request_id: '' };
  });
}

export async function seedWorkers(owner: SqlSession, events: readonly SeedWorker[]): Promise<void> {
  await seed(
    owner,
    'byoc_worker',
    events.map(withPipeline),
    ({ atMs, capability, workerUrl = '', price = null, models = [], name = '' }) => {
      return { event_at: iso(atMs), name, capability, worker_url: workerUrl, price_per_unit: price, models };
    },
  );
}

/** The pipeline of a BYOC message is its capability, where that is a name. */
function withPipeline<Seed extends { readonly capability: string; readonly pipeline?: string }>(one: Seed): Seed {
  return { ...one, pipeline: one.pipeline ?? publicName(one.capability) };
}

/** Numbers between a ticket's and the next smaller one of its session; 0 for a repetition, the smallest, the unknown. */
export function gapBefore(ticket: SeedTicket, tickets: readonly SeedTicket[]): number {
  const { sequence } = ticket;
  if (sequence === null || ticket.session === '' || isRepeated(ticket, tickets)) return 0;
  const smaller = ofSession(ticket, tickets).flatMap((other) =>
    other.sequence !== null && other.sequence < sequence ? other.sequence : [],
  );
  return smaller.length === 0 ? 0 : sequence - Math.max(...smaller) - 1;
}

/** Whether a ticket before it in its session, by time and id, has its number. */
export function isRepeated(ticket: SeedTicket, tickets: readonly SeedTicket[]): boolean {
  if (ticket.sequence === null || ticket.session === '') return false;
  return ofSession(ticket, tickets).some(
    (other) =>
      other.sequence === ticket.sequence &&
      (other.atMs < ticket.atMs || (other.atMs === ticket.atMs && other.id < ticket.id)),
  );
}

function ofSession({ session, org = 'daydream' }: SeedTicket, tickets: readonly SeedTicket[]): readonly SeedTicket[] {
  return tickets.filter((other) => other.session === session && (other.org ?? 'daydream') === org);
}

async function seed<Seed extends Placed>(
  owner: SqlSession,
  table: string,
  seeds: readonly Seed[],
  rowOf: (one: Seed) => Row,
): Promise<void> {
  await owner.query('select naap.ensure_storage($1::timestamptz[])', [seeds.map(({ atMs }) => iso(atMs))]);
  await seedGrains(owner, seeds.map(grainFor));
  const rows = seeds.map((one) => ({
    bucket_start: iso(Math.floor(one.atMs / 300_000) * 300_000),
    org: one.org ?? 'daydream',
    event_id: one.id,
    grain_id: grainFor(one).grainId,
    ...rowOf(one),
  }));
  await insertRows(owner, `core.${table}`, rows);
  await owner.query('select work.mark_buckets($1, $2)', [table, rows.map(({ bucket_start }) => bucket_start)]);
}

async function seedGrains(owner: SqlSession, grains: readonly Grain[]): Promise<void> {
  const { rows: known } = await owner.query<{ id: string }>('select grain_id::text as id from core.grain');
  const fresh = new Map(grains.map((grain) => [grain.grainId, grain]));
  for (const { id } of known) fresh.delete(id);
  await insertRows(
    owner,
    'core.grain',
    [...fresh.values()].map((grain) => ({
      ...{ grain_id: grain.grainId, org: grain.org, gateway: grain.gateway, region: grain.region },
      ...{ orchestrator_address: grain.orchestratorAddress, pipeline: grain.pipeline, model: grain.model },
      ...{ gpu_id: '', is_synthetic: false },
    })),
  );
}

function grainFor({
  org = 'daydream',
  gateway = '',
  orchestrator = '',
  pipeline = '',
  model = '',
  region = '',
}: Placed) {
  const place = { org, gateway, orchestratorAddress: orchestrator, region };
  return grainOf({ ...place, pipeline, model, gpuId: '', isSynthetic: false });
}
