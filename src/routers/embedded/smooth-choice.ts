/**
 * Choosing in turn, smoothly: the parts of the router that decide who gets the next request. Pure but for
 * the turn that each object remembers; nothing random, so that shares are exact and tests can say so.
 */

/**
 * Smooth weighted round robin: each choice gives every side its share as credit, and the side with the most
 * credit pays for the choice with the sum of all. Over as many choices as the shares sum up to, each side is
 * chosen exactly its share of times, and as evenly spread as can be.
 */
export class SmoothShares {
  readonly shares: readonly number[];
  readonly #credits: number[];
  readonly #total: number;

  /** @param shares none negative, at least one above 0 */
  constructor(shares: readonly number[]) {
    this.shares = shares;
    this.#credits = shares.map(() => 0);
    this.#total = shares.reduce((sum, share) => sum + share, 0);
  }

  /** The index of the side whose turn it is. */
  next(): number {
    let best = 0;
    for (let side = 0; side < this.#credits.length; side++) {
      this.#credits[side]! += this.shares[side]!;
      if (this.#credits[side]! > this.#credits[best]!) best = side;
    }
    this.#credits[best]! -= this.#total;
    return best;
  }
}

/** Round robin over equals, of which some may not be fit to be chosen just now. */
export class Rotation<Item> {
  readonly items: readonly Item[];
  #turn = 0;

  constructor(items: readonly Item[]) {
    this.items = items;
  }

  /** The next item in turn that fits, or `null` when none does. Looks at each item once at most. */
  next(fits: (item: Item) => boolean): Item | null {
    const count = this.items.length;
    for (let step = 0; step < count; step++) {
      const index = (this.#turn + step) % count;
      const item = this.items[index]!;
      if (!fits(item)) continue;
      this.#turn = index + 1;
      return item;
    }
    return null;
  }
}
