/** A binary heap: the earliest first, and among equals the one put in first. */
export class TimeQueue<T> {
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #items: T[] = [];
  #puts = 0;

  get size(): number {
    return this.#items.length;
  }

  /** Infinity when empty. */
  get nextMs(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  put(atMs: number, item: T): void {
    let place = this.#items.length;
    this.#times.push(atMs);
    this.#orders.push(this.#puts++);
    this.#items.push(item);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(place, parent)) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  take(): T | undefined {
    const last = this.#items.length - 1;
    if (last < 0) return undefined;
    this.#swap(0, last);
    this.#times.pop();
    this.#orders.pop();
    const item = this.#items.pop();
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= last) return item;
      const least = left + 1 < last && this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(least, place)) return item;
      this.#swap(place, least);
      place = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const difference = (this.#times[a] ?? 0) - (this.#times[b] ?? 0);
    return difference < 0 || (difference === 0 && (this.#orders[a] ?? 0) < (this.#orders[b] ?? 0));
  }

  #swap(a: number, b: number): void {
    swapItems(this.#times, a, b);
    swapItems(this.#orders, a, b);
    swapItems(this.#items, a, b);
  }
}

function swapItems<T>(list: T[], a: number, b: number): void {
  const first = list[a];
  const second = list[b];
  if (first === undefined || second === undefined) return;
  list[a] = second;
  list[b] = first;
}
