/** What one row says, field by field, in the words of the simulator's expectation. */
export interface OutcomeRow {
  readonly id: string;
  /** What the rows are roughly in the order of, epoch ms. */
  readonly atMs: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ExpectedOutcome extends OutcomeRow {
  /** Fields that lost messages leave to chance: not compared. */
  readonly uncertain: readonly string[];
}

/** One kind of row of an expectation and the public list that shows the same. */
export interface OutcomeKind {
  /** `kind` of the rows of the file. */
  readonly kind: string;
  readonly plural: string;
  /** A query with `$size` and `$cursor`, and `$range` where it has to, whose only root field is a connection. */
  readonly query: string;
  /** Whether the list is of a range, by default of the last day, and has to be told that of the simulation, at once or by parts. */
  readonly isRanged: boolean | 'by month';
  /** Whether its pages are taken from the end of a list that is newest first. */
  readonly isBackward: boolean;
  readExpected(row: unknown): ExpectedOutcome;
  readSeen(nodes: AsyncIterable<unknown>): AsyncIterable<OutcomeRow>;
}

/** For lists whose nodes are a row each. */
export const eachNode = (read: (node: unknown) => OutcomeRow): OutcomeKind['readSeen'] =>
  async function* (nodes) {
    for await (const node of nodes) yield read(node);
  };

/** Fields whose value is an attribution. */
export const uncertainOf = (attributionCertain: boolean, names: readonly string[]): readonly string[] =>
  attributionCertain ? [] : names;

/** Public names of gateways on private hosts are keyed hashes: nobody without the key can expect more than their form. */
export function gatewayForm(name: string | null): string | null {
  return name !== null && /^gw_[0-9a-f]{16}$/.test(name) ? 'gw_*' : name;
}
