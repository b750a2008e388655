import type { ClientBase } from 'pg';
import { gpusOf, offersOf, pricesOf, READING_VERSION } from '../../domain/capability-reading.js';
import type { CapabilityContent } from '../../domain/event.js';
import { type Refusal, writeAccepted } from '../accepted-write.js';
import { readTableShape, recordset, rowsParameter, type TableShape, upsert } from '../rows.js';
import { type MarkedSightings, SPANS, spanValues } from './sighting-mark-store.js';

/** Contents read out into rows, aliases and GPUs of orchestrators: what the entity views stand on beside the runs. */
export interface CapabilityReadingStore {
  /**
   * Brings everything up to the new sightings. The caller holds the runs' lock exclusively.
   *
   * Only adds, or widens first and last: every row is a function of the set of sightings.
   */
  addSightings(client: ClientBase, marked: readonly MarkedSightings[]): Promise<void>;
  /**
   * Reads out what no earlier release or process has read, or read by other rules. Costs one look at every content.
   * Answers the contents whose rows the database refuses: they offer nothing until they can be read.
   */
  catchUp(client: ClientBase): Promise<readonly Refusal<ContentRow>[]>;
  /** Makes everything anew from all sightings; answers as `catchUp`. */
  rebuild(client: ClientBase): Promise<readonly Refusal<ContentRow>[]>;
}

/** What reading out came to. */
interface Unread {
  /** Whether there was anything to read. */
  readonly isAny: boolean;
  readonly refused: readonly Refusal<ContentRow>[];
}

interface ContentRow {
  readonly content_hash: string;
  readonly content: CapabilityContent;
}

const CONTENT_TABLES = ['capability_reading', 'capability_offer', 'capability_price', 'capability_gpu'] as const;
const SIGHTED_TABLES = ['orchestrator_alias', 'orchestrator_gpu'] as const;
const CONTENTS_PER_STATEMENT = 500;

const SIGHTED = `sighted as (
  select s.address, s.local_address, s.content_hash, min(s.observed_at) as first_at, max(s.observed_at) as last_at
  from ${SPANS}
  join fact.capability_sighting as s
    on s.org = k.org and s.address = k.address and s.uri = k.uri
      and s.observed_at >= k.first_at and s.observed_at <= k.last_at
  group by s.address, s.local_address, s.content_hash
)`;
// runs stand for sightings that are gone
const ALL_SIGHTED = `sighted as (
  select s.address, s.local_address, s.content_hash, min(s.first_at) as first_at, max(s.last_at) as last_at
  from (
    select address, local_address, content_hash, observed_at as first_at, observed_at as last_at
    from fact.capability_sighting
    union all
    select address, local_address, content_hash, first_at, last_at from core.capability_run
  ) as s
  group by s.address, s.local_address, s.content_hash
)`;

function unread(version: string): string {
  return `
select c.content_hash, c.content
from fact.capability_content as c
where not exists (
  select from core.capability_reading as r
  where r.content_hash = c.content_hash and r.reading_version = ${version}
)`;
}
const UNREAD_SIGHTED = {
  name: 'capability-reading-store/unread-sighted',
  text: `with ${SIGHTED}
${unread('$6')} and c.content_hash in (select s.content_hash from sighted as s)
order by c.content_hash`,
};
const UNREAD_PAGE = `${unread('$1')} and c.content_hash > $2 order by c.content_hash limit ${CONTENTS_PER_STATEMENT}`;

/** Aliases and GPUs at once: a week's sightings are 711,600, and are read a second time for nothing. */
function widen(sighted: string): string {
  return `with ${sighted}, aliased as (
  insert into core.orchestrator_alias (address, local_address)
  select distinct address, local_address from sighted
  where local_address <> '' and local_address <> address
  on conflict do nothing
)
insert into core.orchestrator_gpu as t (address, gpu_id, first_at, last_at)
select s.address, g.gpu_id, min(s.first_at), max(s.last_at)
from sighted as s join core.capability_gpu as g using (content_hash)
group by s.address, g.gpu_id
on conflict (address, gpu_id) do update
set first_at = least(t.first_at, excluded.first_at), last_at = greatest(t.last_at, excluded.last_at)
where excluded.first_at < t.first_at or excluded.last_at > t.last_at`;
}

const WIDEN = { name: 'capability-reading-store/widen', text: widen(SIGHTED) };

/** `publicGpuId` makes the public id of a GPU from its uuid. */
export async function createCapabilityReadingStore(
  client: Pick<ClientBase, 'query'>,
  publicGpuId: (uuid: string) => string,
): Promise<CapabilityReadingStore> {
  const shapes = new Map<string, TableShape>();
  for (const table of CONTENT_TABLES) shapes.set(table, await readTableShape(client, `core.${table}`));

  async function writeContents(into: ClientBase, contents: readonly ContentRow[]): Promise<void> {
    if (contents.length === 0) return;
    const rows = rowsOfContents(contents, publicGpuId);
    for (const [table, shape] of shapes) {
      if (table !== 'capability_reading') {
        await into.query(`delete from core.${table} where content_hash = any ($1)`, [
          contents.map(({ content_hash }) => content_hash),
        ]);
      }
      await into.query({
        name: `capability-reading-store/write-${table}`,
        text: upsert(shape, recordset('$1', shape.columns)),
        values: [rowsParameter(rows[table] ?? [])],
      });
    }
  }

  async function readUnread(into: ClientBase): Promise<Unread> {
    const all: Refusal<ContentRow>[] = [];
    let after = '';
    for (;;) {
      const { rows } = await into.query<ContentRow>(UNREAD_PAGE, [READING_VERSION, after]);
      const last = rows.at(-1);
      if (last === undefined) return { isAny: after !== '', refused: all };
      const { refused } = await writeAccepted(into, rows, (contents) => writeContents(into, contents));
      all.push(...refused);
      after = last.content_hash;
    }
  }

  async function rebuildSighted(into: ClientBase): Promise<void> {
    for (const table of SIGHTED_TABLES) await into.query(`delete from core.${table}`);
    await into.query(widen(ALL_SIGHTED));
  }

  return {
    async addSightings(into, marked) {
      if (marked.length === 0) return;
      const spans = spanValues(marked);
      const unread = await into.query<ContentRow>({ ...UNREAD_SIGHTED, values: [...spans, READING_VERSION] });
      await writeContents(into, unread.rows);
      await into.query({ ...WIDEN, values: spans });
    },
    async catchUp(into) {
      const { isAny, refused } = await readUnread(into);
      if (isAny) await rebuildSighted(into);
      return refused;
    },
    async rebuild(into) {
      for (const table of CONTENT_TABLES) await into.query(`delete from core.${table}`);
      const { refused } = await readUnread(into);
      await rebuildSighted(into);
      return refused;
    },
  };
}

function rowsOfContents(
  contents: readonly ContentRow[],
  publicGpuId: (uuid: string) => string,
): Readonly<Record<string, readonly object[]>> {
  const each = (rowsOf: (content: CapabilityContent) => readonly object[]): readonly object[] =>
    contents.flatMap(({ content_hash: contentHash, content }) =>
      rowsOf(isReadable(content) ? content : NOTHING).map((row) => ({ contentHash, ...row })),
    );
  return {
    capability_reading: each(({ version }) => [{ readingVersion: READING_VERSION, version }]),
    capability_offer: each(offersOf),
    capability_price: each(pricesOf),
    capability_gpu: each((content) =>
      gpusOf(content).map(({ uuid, ...gpu }) => ({ ...gpu, gpuId: publicGpuId(uuid) })),
    ),
  };
}

/** A damaged content offers nothing; it must not hold up what other sightings say. */
const NOTHING: CapabilityContent = { localAddress: '', version: '', hardware: [], models: [], prices: [] };

function isReadable({ version, hardware, models, prices }: CapabilityContent): boolean {
  return typeof version === 'string' && [hardware, models, prices].every(Array.isArray);
}
