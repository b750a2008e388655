/** What the layer before says and what core holds: statements that answer the same `line`s. */
export interface RecountPair {
  readonly what: string;
  readonly facts: string;
  readonly core: string;
}
