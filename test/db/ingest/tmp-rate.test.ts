import pg from 'pg';
import { expect, it } from 'vitest';
import { DEFAULT_DECODE_RULES, decode } from '../../../src/ingest/decode.js';
import { openNdjson } from '../../../src/ingest/ndjson-file.js';
import { replay } from '../../../src/ingest/file-source.js';
import { createLog } from '../../../src/log.js';
import { copyInto } from '../../../src/warehouse/copy-binary.js';
import { RAW_EVENT_COLUMNS } from '../../../src/warehouse/writers/fact-tables.js';
import { createTestDatabase } from '../../support/postgres.js';
it('rate', async () => {
  const log = createLog({ level: 'silent', format: 'json' });
  for (const path of ['/tmp/ing-all.ndjson', '/tmp/ing-mix.ndjson']) {
    const db = await createTestDatabase();
    const pool = new pg.Pool({ connectionString: db.url('ingest') });
    const admin = new pg.Client({ connectionString: db.url() });
    await admin.connect();
    const f = await openNdjson(path);
    const t0 = performance.now();
    let n = 0;
    const kept: Buffer[] = [];
    for await (const lines of f.lines()) for (const l of lines) { n++; decode({ org: 'd', offset: n, value: l.bytes, brokerAtMs: Date.now(), receivedAtMs: Date.now() }, DEFAULT_DECODE_RULES); if (n <= 200000) kept.push(Buffer.from(l.bytes)); }
    console.log(path, 'decode only', Math.round(n / ((performance.now() - t0) / 1000)));
    await admin.query("select naap.ensure_storage('2026-01-08Z','2026-01-08Z')");
    const t1 = performance.now();
    let i = 0;
    await copyInto(admin, { table: 'raw.event', columns: RAW_EVENT_COLUMNS, rows: kept.map((b) => [1767909021590 + (i++ % 1000), 'daydream', `id-${i}`, 'ai', 1767909021590, 1767909021590, 1, i, b.toString()]) });
    console.log('bare copy raw', Math.round(kept.length / ((performance.now() - t1) / 1000)));
    await admin.query('truncate raw.event');
    const r = await replay({ path, org: 'daydream', pool, rules: DEFAULT_DECODE_RULES, log, now: Date.now, batchMessages: 5000 });
    console.log(path, r.counts, r.seconds.toFixed(1), Math.round(r.messagesPerSecond));
    await pool.end(); await admin.end(); await db.drop();
  }
  expect(1).toBe(1);
}, 300_000);
