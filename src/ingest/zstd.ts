import { Decompress } from 'fzstd';

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;

/** Whether a file that begins with these four bytes is zstd: a frame, or a skippable one as pzstd writes first. */
export function isZstd(start: Buffer): boolean {
  const magic = start.readUInt32LE(0);
  return magic === MAGIC || (magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC;
}

/**
 * Decompresses zstd, any number of frames one after the other, holding one window and one block. Throws on bytes that
 * are no zstd and on an end inside a frame.
 *
 * In JavaScript, since Node's zlib knows the format only from 22.15. Checksums of frames are skipped, not verified.
 */
export async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let blocks: Buffer[] = [];
  let isComplete = false;
  const decoder = new Decompress((block, isFinal) => {
    if (isFinal === true) isComplete = true;
    if (block.byteLength > 0) blocks.push(Buffer.from(block.buffer, block.byteOffset, block.byteLength));
  });
  const push = (bytes: Uint8Array, isLast: boolean): readonly Buffer[] => {
    decoder.push(bytes, isLast);
    const pushed = blocks;
    blocks = [];
    return pushed;
  };
  for await (const bytes of source) {
    yield* push(bytes, false);
  }
  yield* push(new Uint8Array(), true);
  // an end between frames is reported, one inside a checksum or a skippable frame is not
  if (!isComplete) {
    throw new Error('unexpected end of zstd data');
  }
}
