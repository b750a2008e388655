import type { ClientBase } from 'pg';
import type { CapabilityRunRow } from '../../domain/capability-index.js';
import type { CapabilityContent } from '../../domain/event.js';

interface RunRow {
  readonly org: string;
  readonly address: string;
  readonly uri: string;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly next_at: Date | null;
  readonly content_hash: string;
  readonly local_address: string;
  readonly first_event_id: string;
  readonly last_event_id: string;
}

const READ_RUNS = {
  name: 'capability-reader/runs',
  text: `
with q as (select distinct * from unnest($1::text[], $2::text[]) as q (org, identity))
select r.* from q join core.capability_run as r on r.org = q.org and r.address = q.identity
union
select r.* from q join core.capability_run as r on r.org = q.org and r.uri = q.identity
union
select r.* from q join core.capability_run as r on r.org = q.org and r.local_address = q.identity`,
};
const READ_ALL_RUNS = { name: 'capability-reader/all-runs', text: 'select * from core.capability_run' };
const READ_CONTENTS = {
  name: 'capability-reader/contents',
  text: 'select content_hash, content from fact.capability_content where content_hash = any ($1)',
};

const KEPT_CONTENTS = 5_000;

export interface CapabilityReader {
  /** Runs of every URL, address and local address named, with their contents. */
  readRuns(
    client: ClientBase,
    identities: readonly { readonly org: string; readonly identity: string }[],
  ): Promise<CapabilityRunRow[]>;
  readAllRuns(client: ClientBase): Promise<CapabilityRunRow[]>;
}

/** Reads runs; contents, which never change under their hash, are kept between calls. */
export function createCapabilityReader(): CapabilityReader {
  const contents = new Map<string, CapabilityContent>();

  async function withContents(client: ClientBase, rows: readonly RunRow[]): Promise<CapabilityRunRow[]> {
    const missing = [...new Set(rows.map((row) => row.content_hash))].filter((hash) => !contents.has(hash));
    if (contents.size + missing.length > KEPT_CONTENTS) {
      contents.clear();
      missing.splice(0, missing.length, ...new Set(rows.map((row) => row.content_hash)));
    }
    if (missing.length > 0) {
      const read = await client.query<{ content_hash: string; content: CapabilityContent }>({
        ...READ_CONTENTS,
        values: [missing],
      });
      for (const row of read.rows) contents.set(row.content_hash, row.content);
    }
    return rows.flatMap((row) => {
      const content = contents.get(row.content_hash);
      if (content === undefined) return [];
      return [
        {
          org: row.org,
          address: row.address,
          uri: row.uri,
          firstAt: row.first_at,
          lastAt: row.last_at,
          nextAt: row.next_at,
          contentHash: row.content_hash,
          localAddress: row.local_address,
          firstEventId: row.first_event_id,
          lastEventId: row.last_event_id,
          content,
        },
      ];
    });
  }

  return {
    async readRuns(client, identities) {
      if (identities.length === 0) return [];
      const { rows } = await client.query<RunRow>({
        ...READ_RUNS,
        values: [identities.map(({ org }) => org), identities.map(({ identity }) => identity)],
      });
      return withContents(client, rows);
    },
    async readAllRuns(client) {
      const { rows } = await client.query<RunRow>(READ_ALL_RUNS);
      return withContents(client, rows);
    },
  };
}
