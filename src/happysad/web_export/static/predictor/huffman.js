// Reading the bits of a JPEG's scan, and the symbols that they stand for.

const QUICK = 9; // bits that are looked up at once; longer codes are rare

/** The code with so many symbols of 1, 2, … 16 bits. */
export function table(lengths, symbols) {
  const quick = new Uint16Array(1 << QUICK); // length and symbol; 0 where the code is longer
  const last = new Int32Array(17).fill(-1); // largest code of a length
  const shift = new Int32Array(17); // from a code to its symbol's place
  for (let length = 1, code = 0, at = 0; length <= 16; length++, code <<= 1) {
    const count = lengths[length - 1];
    shift[length] = at - code;
    for (let i = 0; i < count; i++, code++, at++) {
      if (length > QUICK) continue;
      const low = code << (QUICK - length);
      quick.fill((length << 8) | symbols[at], low, low + (1 << (QUICK - length)));
    }
    if (count) last[length] = code - 1;
  }
  return { quick, last, shift, symbols };
}

export class Bits {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
    this.value = 0;
    this.count = 0; // bits in `value` that are not taken
    this.made = 0; // bits that were made up beyond a marker
  }

  /** The next `count` bits, at most 16, as a number. */
  take(count) {
    if (this.count < count) this.#fill();
    this.count -= count;
    return (this.value >>> this.count) & ((1 << count) - 1);
  }

  /** The next number of so many bits; a leading zero says that it is negative. */
  number(bits) {
    const value = this.take(bits);
    return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
  }

  /** The next symbol of a code. */
  symbol(code) {
    if (this.count < 16) this.#fill();
    const found = code.quick[(this.value >>> (this.count - QUICK)) & ((1 << QUICK) - 1)];
    if (found) {
      this.count -= found >> 8;
      return found & 255;
    }
    for (let length = QUICK + 1; length <= 16; length++) {
      const word = (this.value >>> (this.count - length)) & ((1 << length) - 1);
      if (word > code.last[length]) continue;
      this.count -= length;
      return code.symbols[code.shift[length] + word];
    }
    throw new RangeError("no symbol has this code");
  }

  /** Go on behind the next restart marker. */
  restart() {
    if (this.isShort()) throw new RangeError("a part is too short");
    const { bytes } = this;
    while (this.at < bytes.length && !(bytes[this.at] === 0xff && bytes[this.at + 1] >= 0xd0 && bytes[this.at + 1] <= 0xd7)) this.at++;
    this.at += 2;
    this.value = this.count = this.made = 0;
  }

  /** Whether more bits were taken than there are. */
  isShort() {
    return this.count < this.made;
  }

  #fill() {
    const { bytes } = this;
    while (this.count <= 16) {
      let byte = bytes[this.at];
      if (byte === undefined || (byte === 0xff && bytes[this.at + 1] !== 0)) {
        byte = 0;
        this.made += 8;
      } else this.at += byte === 0xff ? 2 : 1;
      this.value = (this.value << 8) | byte;
      this.count += 8;
    }
  }
}
