import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '../errors.js';
import { isZstd, unzstd } from './zstd.js';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** A longer line is cut here: it is oversize anyway, and must not fill the memory. */
const MAX_LINE_BYTES = 67_108_864;
const READ_BYTES = 131_072;

export interface Line {
  /** From 0, blank lines counted. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

export interface NdjsonFile {
  /** SHA-256 (hex) of the decompressed content. */
  readonly contentHash: string;
  /** The lines that are not blank, some at a time. */
  lines(): AsyncGenerator<readonly Line[]>;
  /** Removes what was spooled. */
  close(): Promise<void>;
}

/** Opens NDJSON from a path or, for `-`, from the stream given, plain, gzip or zstd, told apart by its first bytes. */
export async function openNdjson(path: string, stdin: Readable = process.stdin): Promise<NdjsonFile> {
  const spool = path === '-' ? await spoolToDisk(stdin) : null;
  const file = spool?.file ?? path;
  const close = spool?.remove ?? (async () => undefined);
  try {
    const contentHash = await hashOf(file);
    return { contentHash, lines: () => linesOf(file), close };
  } catch (error) {
    await close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('INPUT_UNREADABLE', `${path} cannot be read (${reason}), wanted NDJSON, plain, .gz or .zst`, {
      cause: error,
    });
  }
}

/** Standard input is read twice: once to know its hash, once for its lines. */
async function spoolToDisk(stdin: Readable): Promise<{ readonly file: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'naap-replay-'));
  const file = join(folder, 'stdin');
  await pipeline(stdin, createWriteStream(file, { mode: 0o600 }));
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await contentOf(file)) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

async function contentOf(file: string): Promise<AsyncIterable<Buffer>> {
  const compression = await compressionOf(file);
  const source = createReadStream(file, { highWaterMark: READ_BYTES });
  switch (compression) {
    case 'gzip':
      return piped(source, createGunzip({ chunkSize: READ_BYTES }));
    case 'zstd':
      return unzstd(source);
    case 'none':
      return source;
  }
}

function piped(source: Readable, target: NodeJS.ReadWriteStream & Readable): Readable {
  source.on('error', (error) => target.destroy(error));
  return source.pipe(target);
}

async function compressionOf(file: string): Promise<'gzip' | 'zstd' | 'none'> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer.readUInt16BE(0) === 0x1f8b) return 'gzip';
    return isZstd(buffer) ? 'zstd' : 'none';
  } finally {
    await handle.close();
  }
}

async function* linesOf(file: string): AsyncGenerator<readonly Line[]> {
  let number = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of await contentOf(file)) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const piece = chunk.subarray(start, end);
      const bytes = rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
      if (!isBlankLine(bytes)) lines.push({ number, bytes: withoutReturn(bytes) });
      number += 1;
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length && restBytes < MAX_LINE_BYTES) {
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
    }
    if (lines.length > 0) yield lines;
  }
  const bytes = Buffer.concat(rest);
  if (!isBlankLine(bytes)) yield [{ number, bytes: withoutReturn(bytes) }];
}

function isBlankLine(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CARRIAGE_RETURN);
}

function withoutReturn(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
}
