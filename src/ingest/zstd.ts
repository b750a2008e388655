import { Decompress } from 'fzstd';
import { type ByteReader, createByteReader } from './byte-reader.js';

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
/** What the reference decoder takes without being told: a larger window is memory that a small file asks for. */
const MAX_WINDOW_BYTES = 134_217_728;
const MAX_BLOCK_BYTES = 131_072;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** Whether a file that begins with these four bytes is zstd: a frame, or a skippable one as pzstd writes first. */
export function isZstd(start: Buffer): boolean {
  const magic = start.readUInt32LE(0);
  return magic === MAGIC || isSkippable(magic);
}

function isSkippable(magic: number): boolean {
  return (magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC;
}

/**
 * Decompresses zstd, any number of frames one after the other, holding one window of at most 128 MiB and one block. Throws
 * on bytes that are no zstd, on an end inside a frame and on a larger window.
 *
 * In JavaScript, since Node's zlib knows the format only from 22.15. Frames are walked here block by block: the decoder
 * would make all output of the bytes it is given at once, and four bytes can stand for 128 KiB. Checksums of frames are
 * skipped, not verified.
 */
export async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const bytes = createByteReader(source, () => new Error('unexpected end of zstd data'));
  while (!(await bytes.isAtEnd())) {
    const magic = (await bytes.take(4)).readUInt32LE(0);
    if (isSkippable(magic)) {
      await bytes.skip((await bytes.take(4)).readUInt32LE(0));
    } else if (magic === MAGIC) {
      yield* frame(bytes);
    } else {
      throw new Error('invalid zstd data');
    }
  }
}

async function* frame(bytes: ByteReader): AsyncGenerator<Buffer> {
  const header = await takeHeader(bytes);
  let output: Buffer[] = [];
  const decoder = new Decompress((block) => {
    if (block.byteLength > 0) output.push(Buffer.from(block.buffer, block.byteOffset, block.byteLength));
  });
  decoder.push(header.bytes);
  for (let isLast = false; !isLast; ) {
    const blockHeader = await bytes.take(3);
    const fields = blockHeader.readUIntLE(0, 3);
    isLast = (fields & 1) === 1;
    const type = (fields >> 1) & 3;
    const size = fields >> 3;
    if (type === RESERVED_BLOCK || size > MAX_BLOCK_BYTES) {
      throw new Error('invalid zstd data');
    }
    const content = await bytes.take(type === RLE_BLOCK ? 1 : size);
    const checksum = await bytes.take(isLast && header.hasChecksum ? 4 : 0);
    decoder.push(Buffer.concat([blockHeader, content, checksum]), isLast);
    yield* output;
    output = [];
  }
}

interface FrameHeader {
  readonly bytes: Buffer;
  readonly hasChecksum: boolean;
}

/** A frame's header after its magic number; throws when it asks for too large a window. */
async function takeHeader(bytes: ByteReader): Promise<FrameHeader> {
  const descriptor = await bytes.take(1);
  const flags = descriptor.readUInt8(0);
  const isSingleSegment = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  const sizeBytes = flags >> 6 === 0 ? Number(isSingleSegment) : 1 << (flags >> 6);
  const rest = await bytes.take(Number(!isSingleSegment) + dictionaryBytes + sizeBytes);
  const windowBytes = isSingleSegment ? contentSize(rest.subarray(dictionaryBytes)) : windowSize(rest.readUInt8(0));
  if (windowBytes > MAX_WINDOW_BYTES) {
    throw new Error(
      `a zstd window of ${windowBytes} bytes, at most ${MAX_WINDOW_BYTES} are read: compress without --long`,
    );
  }
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  return { bytes: Buffer.concat([magic, descriptor, rest]), hasChecksum: (flags & 4) !== 0 };
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Little-endian in 1, 2, 4 or 8 bytes; in two bytes 256 is added. */
function contentSize(field: Buffer): number {
  switch (field.length) {
    case 1:
      return field.readUInt8(0);
    case 2:
      return field.readUInt16LE(0) + 256;
    case 4:
      return field.readUInt32LE(0);
    default:
      return Number(field.readBigUInt64LE(0));
  }
}
