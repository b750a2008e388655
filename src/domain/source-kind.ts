/** Stands for a cluster where messages are read from a file, not from a broker. */
export const FILE_CLUSTER = 'file';

/** What messages are read from. */
export type SourceKind = 'KAFKA' | 'FILE';

export function sourceKindOf(clusterId: string): SourceKind {
  return clusterId === FILE_CLUSTER ? 'FILE' : 'KAFKA';
}
