import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runsOf } from '../../../src/domain/capability-runs.js';
import { type SightingRow, sightingOf, streamSightings } from '../../../src/warehouse/readers/sighting-stream.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';

const T0 = Date.parse('2026-03-02T00:00:00Z');
const MINUTE = 60_000;
const INSERT = `
insert into fact.capability_sighting (org, address, uri, observed_at, event_id, local_address, gateway, content_hash)
select org, address, uri, observed_at, event_id, local_address, 'gateway', content_hash
from jsonb_to_recordset($1::jsonb)
  as r (org text, address text, uri text, observed_at timestamptz, event_id text, local_address text, content_hash text)`;

const sightings = fc.uniqueArray(
  fc
    .record({
      uri: fc.constantFrom('https://one', 'https://two'),
      // as many as fit twice, so that instants are shared
      minute: fc.integer({ min: 0, max: 15 }),
      content: fc.constantFrom('x', 'x', 'x', 'y'),
      id: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ uri, minute, content, id }): SightingRow => {
      const key = { org: 'daydream', address: '0x1', uri };
      const at = new Date(T0 + minute * MINUTE);
      return { ...key, observed_at: at, event_id: `${id}-${minute}`, content_hash: content, local_address: content };
    }),
  { minLength: 1, maxLength: 40, selector: ({ uri, event_id }) => `${uri} ${event_id}` },
);

describe('the sightings that are streamed', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url() });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('make the same runs as all of them', async () => {
    await fc.assert(
      fc.asyncProperty(sightings, fc.boolean(), async (all, isBounded) => {
        await client.query('begin');
        await client.query(INSERT, [JSON.stringify(all)]);
        const within = isBounded ? { from: new Date(T0), to: new Date(T0 + 60 * MINUTE) } : undefined;
        for await (const keys of streamSightings(client, within)) {
          for (const { key, sightings: streamed } of keys) {
            const own = all.filter(({ uri }) => uri === key.uri).map(sightingOf);
            expect(runsOf(streamed)).toEqual(runsOf(own));
          }
        }
        await client.query('rollback');
      }),
      { numRuns: 150 },
    );
  });

  it('are three of a thousand that say the same', async () => {
    const all = Array.from({ length: 1_000 }, (_, minute) => ({
      ...{ org: 'daydream', address: '0x1', uri: 'https://one', content_hash: 'x', local_address: 'x' },
      ...{ observed_at: new Date(T0 + minute * MINUTE), event_id: `event-${minute}` },
    }));
    await client.query('begin');
    await client.query(INSERT, [JSON.stringify(all)]);
    const counts: number[] = [];
    for await (const keys of streamSightings(client)) counts.push(...keys.map(({ sightings: own }) => own.length));
    await client.query('rollback');
    expect(counts).toEqual([3]);
  });
});
