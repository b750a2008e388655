/** Takes so many bytes at a time from chunks of any size; asking for more than there are throws what the maker says. */
export interface ByteReader {
  isAtEnd(): Promise<boolean>;
  take(bytes: number): Promise<Buffer>;
  skip(bytes: number): Promise<void>;
}

export function createByteReader(source: AsyncIterable<Uint8Array>, endOfBytes: () => Error): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  /** False when nothing is left. */
  async function fill(): Promise<boolean> {
    while (rest.length === 0) {
      const { value, done } = await chunks.next();
      if (done === true) {
        return false;
      }
      rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    return true;
  }

  async function takeSome(bytes: number): Promise<Buffer> {
    if (!(await fill())) {
      throw endOfBytes();
    }
    const taken = rest.subarray(0, bytes);
    rest = rest.subarray(taken.length);
    return taken;
  }

  return {
    isAtEnd: async () => !(await fill()),
    async take(bytes) {
      if (bytes <= rest.length) {
        const taken = rest.subarray(0, bytes);
        rest = rest.subarray(bytes);
        return taken;
      }
      const parts: Buffer[] = [];
      for (let missing = bytes; missing > 0; ) {
        const part = await takeSome(missing);
        parts.push(part);
        missing -= part.length;
      }
      return Buffer.concat(parts);
    },
    async skip(bytes) {
      for (let missing = bytes; missing > 0; ) missing -= (await takeSome(missing)).length;
    },
  };
}
