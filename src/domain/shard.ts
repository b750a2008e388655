export const SHARD_COUNT = 64;

/** Shard 0..63 of a session: FNV-1a over `org`, a zero and the key. Stored with each mark; a change needs a migration. */
export function shardOf(org: string, sessionKey: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < org.length; index += 1) {
    hash = Math.imul(hash ^ org.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash, 0x01000193);
  for (let index = 0; index < sessionKey.length; index += 1) {
    hash = Math.imul(hash ^ sessionKey.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 16)) & (SHARD_COUNT - 1);
}
