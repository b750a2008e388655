/** From so many refused items on a drain ends: single rows are not the fault, and the next one begins with the others. */
export const DEFAULT_LEFT_LIMIT = 1_000;
