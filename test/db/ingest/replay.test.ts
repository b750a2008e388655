import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_DECODE_RULES } from '../../../src/ingest/decode.js';
import { replay } from '../../../src/ingest/file-source.js';
import { createMessageSink } from '../../../src/ingest/message-sink.js';
import { unzstd } from '../../../src/ingest/zstd.js';
import { createLog } from '../../../src/log.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';

const RECORDED = new URL('../../../data/recorded-session-2026-01-08.ndjson', import.meta.url);
const NOW = Date.UTC(2026, 0, 9);
const log = createLog({ level: 'silent', format: 'json' });

describe('replay of a file', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url('ingest') });
    folder = await mkdtemp(join(tmpdir(), 'naap-test-'));
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const options = (path: string) => ({ path, org: 'daydream', pool, rules: DEFAULT_DECODE_RULES, log, now: () => NOW });
  const countOf = async (table: string): Promise<number> =>
    Number((await admin(`select count(*) from ${table}`))[0]?.count);
  const admin = async (text: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: database.url() });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };

  it('accepts all 65 recorded messages, each in raw once and in one typed table [TYPED_RAW-001]', async () => {
    const result = await replay(options(RECORDED.pathname));
    expect(result.counts).toMatchObject({ accepted: 65, ignored: 0, rejected: 0, duplicate: 0 });
    expect(await countOf('raw.event')).toBe(65);
    expect(await countOf('raw.ledger')).toBe(65);
    expect(await countOf('fact.session_event')).toBe(57);
    expect(await countOf('fact.payment')).toBe(6);
    expect(await countOf('fact.discovery_result')).toBe(1);
    expect(await countOf('fact.capability_sighting')).toBe(1);
    // 170 seconds across 22:30, the border of two slices
    expect(await countOf('work.session_mark')).toBe(2);
    expect(await countOf('work.sighting_mark')).toBe(1);
    expect(await admin('select consumed_count, next_offset from raw.source')).toEqual([
      { consumed_count: '65', next_offset: '65' },
    ]);
  });

  it('changes nothing when replayed, plain or gzipped or from standard input: the content is the source', async () => {
    const packed = join(folder, 'session.ndjson.gz');
    const bytes = await readFile(RECORDED);
    await writeFile(packed, gzipSync(bytes));
    for (const again of [options(RECORDED.pathname), options(packed)]) {
      expect(await replay(again)).toMatchObject({ consumedCount: 0, skippedCount: 65 });
    }
    const fromStdin = await replay({
      ...options('-'),
      stdin: Readable.from([bytes.subarray(0, 999), bytes.subarray(999)]),
    });
    expect(fromStdin).toMatchObject({ consumedCount: 0, skippedCount: 65 });
    expect(await countOf('raw.event')).toBe(65);
  });

  it('counts the same events in another file as duplicates [LINEAGE-001]', async () => {
    const path = join(folder, 'reversed.ndjson');
    const lines = (await readFile(RECORDED, 'utf8')).trim().split('\n');
    await writeFile(path, `${lines.reverse().join('\r\n')}\r\n\r\nnot json\n`);
    const result = await replay(options(path));
    expect(result.counts).toMatchObject({ accepted: 0, duplicate: 65, rejected: 1, conflict: 0 });
    expect(await countOf('raw.event')).toBe(65);
  });

  describe('of zstd', () => {
    const LINE = '{"id":"zst-1","type":"webrtc_stats"}\n';
    // LINE by `zstd --check`: magic, header, one block, checksum
    const FRAME = Buffer.from('KLUv/QRYKQEAeyJpZCI6InpzdC0xIiwidHlwZSI6IndlYnJ0Y19zdGF0cyJ9CjExN/A=', 'base64');
    // as pzstd writes before each frame
    const SKIPPABLE = Buffer.from('502a4d1804000000deadbeef', 'hex');
    const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

    it('reads frames one after the other, through a symbolic link too, and knows the content by its hash', async () => {
      const packed = join(folder, 'frames.ndjson.zst');
      await writeFile(join(folder, 'packed'), Buffer.concat([SKIPPABLE, FRAME, FRAME, SKIPPABLE, FRAME]));
      await symlink(join(folder, 'packed'), packed);
      const plain = join(folder, 'frames.ndjson');
      await writeFile(plain, LINE.repeat(3));
      expect(await replay(options(packed))).toMatchObject({
        contentHash: hashOf(LINE.repeat(3)),
        consumedCount: 3,
        counts: { ignored: 3 },
      });
      expect(await replay(options(plain))).toMatchObject({ consumedCount: 0, skippedCount: 3 });
    });

    it('refuses a file cut short anywhere inside a frame, its checksum included, and writes nothing of it', async () => {
      const before = await countOf('raw.source');
      const packed = join(folder, 'cut.ndjson.zst');
      for (let bytes = FRAME.length + 4; bytes < 2 * FRAME.length; bytes += 1) {
        await writeFile(packed, Buffer.concat([FRAME, FRAME]).subarray(0, bytes));
        await expect(replay(options(packed))).rejects.toMatchObject({
          code: 'INPUT_UNREADABLE',
          message: expect.stringMatching(/cut\.ndjson\.zst cannot be read \(unexpected /),
        });
      }
      expect(await countOf('raw.source')).toBe(before);
    });

    it.each([
      // magic, no single segment, window descriptor 0xff: 3.75 TiB
      ['by its descriptor', Buffer.from('28b52ffd00ff', 'hex')],
      // 2^27 and an eighth
      ['just too large', Buffer.from('28b52ffd0089', 'hex')],
      // single segment, content size in 8 bytes
      ['by its content', Buffer.from('28b52ffde00000000002000000', 'hex')],
    ])('refuses a window above 128 MiB, %s, before making it', async (_, header) => {
      const packed = join(folder, 'window.ndjson.zst');
      await writeFile(packed, Buffer.concat([FRAME, header, FRAME.subarray(-20)]));
      await expect(replay(options(packed))).rejects.toMatchObject({
        code: 'INPUT_UNREADABLE',
        message: expect.stringMatching(/a zstd window of \d+ bytes, at most 134217728 are read/),
      });
    });

    it('holds one block of many that repeat one byte, and reads a window of 128 MiB', async () => {
      const frameOf = (windowDescriptor: number, blockCount: number): Buffer => {
        const blocks = Array.from({ length: blockCount }, (_, index) => {
          const block = Buffer.alloc(4, 0x0a);
          block.writeUIntLE((131_072 << 3) | (1 << 1) | Number(index === blockCount - 1), 0, 3);
          return block;
        });
        return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, windowDescriptor]), ...blocks]);
      };
      const packed = join(folder, 'bomb.ndjson.zst');
      // 16 kB that stand for 512 MiB, read as one chunk
      await writeFile(packed, Buffer.concat([frameOf(0x88, 1), frameOf(0x38, 4_000)]));
      const before = process.memoryUsage.rss();
      let [bytes, most] = [0, 0];
      for await (const chunk of unzstd(createReadStream(packed))) {
        bytes += chunk.length;
        most = Math.max(most, process.memoryUsage.rss() - before);
      }
      expect(bytes).toBe(4_001 * 131_072);
      expect(most).toBeLessThan(400_000_000);
    });

    it('refuses bytes that are no zstd after a frame', async () => {
      const packed = join(folder, 'garbage.ndjson.zst');
      await writeFile(packed, Buffer.concat([FRAME, Buffer.from(LINE)]));
      await expect(replay(options(packed))).rejects.toMatchObject({
        code: 'INPUT_UNREADABLE',
        message: expect.stringContaining('invalid zstd data'),
      });
    });
  });

  it('takes messages of this process in the order of the calls, each offset once', async () => {
    const sink = await createMessageSink({ pool, org: 'daydream', rules: DEFAULT_DECODE_RULES, log, now: () => NOW });
    const [line = ''] = (await readFile(RECORDED, 'utf8')).split('\n');
    const fresh = line.replace(/"id":"[^"]+"/, '"id":"fresh"');
    const results = await Promise.all([sink.send([line, fresh]), sink.send([fresh, '{'])]);
    expect(results).toMatchObject([
      { accepted: 1, duplicate: 1 },
      { duplicate: 1, rejected: 1 },
    ]);
    expect(await admin("select next_offset from raw.source where cluster_id = 'simulator'")).toEqual([
      { next_offset: '4' },
    ]);
  });

  it('refuses to read one file for two organisations', async () => {
    await expect(replay({ ...options(RECORDED.pathname), org: 'cloudspe' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('reports an unreadable file as such', async () => {
    await expect(replay(options(join(folder, 'missing.ndjson')))).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' });
  });
});
