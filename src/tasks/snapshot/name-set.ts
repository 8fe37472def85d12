/** Most folders are small. */
const FIRST_ROOM = 16;

/** A folder may have millions of names: beyond so many, which take 8 MB, none is remembered. */
const MOST = 500_000;

/**
 * Names of one folder, each as 64 bits that stand for it: that one passes for another happens in one of many million large folders.
 * Whoever asks for a name and then adds it pays once.
 */
export class NameSet {
  /** The two halves of each, one behind the other; the first is 0 where there is none. */
  #halves = new Uint32Array(2 * FIRST_ROOM);
  #count = 0;
  #name = '';
  #low = 1;
  #high = 0;

  has(name: string): boolean {
    this.#think(name);
    return this.#halves[this.#place()] !== 0;
  }

  add(name: string): void {
    this.#think(name);
    const at = this.#place();
    if (this.#halves[at] !== 0 || this.#count === MOST) return;
    this.#halves[at] = this.#low;
    this.#halves[at + 1] = this.#high;
    this.#count += 1;
    // Half of it is always free, so that a place is found soon.
    if (this.#count * 4 > this.#halves.length) this.#grow();
  }

  /** Works out the bits of a name. Only its last part tells it from others of its folder. */
  #think(name: string): void {
    if (name === this.#name) return;
    let [low, high] = [0x811c9dc5, 0x2c1b3c6d];
    for (let at = name.lastIndexOf('/') + 1; at < name.length; at += 1) {
      const code = name.charCodeAt(at);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code, 0x297a2d39);
      high ^= high >>> 15;
    }
    this.#name = name;
    this.#low = (low ^ (low >>> 16)) >>> 0 || 1;
    this.#high = high >>> 0;
  }

  /** Where the bits are, or would be. */
  #place(): number {
    const last = this.#halves.length - 1;
    for (let at = (this.#low << 1) & last; ; at = (at + 2) & last) {
      const found = this.#halves[at];
      if (found === 0 || (found === this.#low && this.#halves[at + 1] === this.#high)) return at;
    }
  }

  #grow(): void {
    const before = this.#halves;
    this.#halves = new Uint32Array(2 * before.length);
    this.#name = '';
    for (let from = 0; from < before.length; from += 2) {
      this.#low = before[from] ?? 0;
      this.#high = before[from + 1] ?? 0;
      if (this.#low === 0) continue;
      const at = this.#place();
      this.#halves[at] = this.#low;
      this.#halves[at + 1] = this.#high;
    }
    this.#low = 1;
    this.#high = 0;
  }
}
