/** Growing arrays of numbers, for building columns whose length isn't known beforehand. */
export class GrowingInts {
  private data = new Int32Array(1024);
  length = 0;
  push(value: number): void {
    if (this.length === this.data.length) {
      const wider = new Int32Array(this.data.length * 2);
      wider.set(this.data);
      this.data = wider;
    }
    this.data[this.length++] = value;
  }
  get(at: number): number {
    return this.data[at] as number;
  }
  set(at: number, value: number): void {
    this.data[at] = value;
  }
  increment(at: number): void {
    this.data[at] = (this.data[at] as number) + 1;
  }
  /** The numbers as an array that threads can share. */
  shared(): Int32Array {
    const result = new Int32Array(new SharedArrayBuffer(this.length * 4));
    result.set(this.data.subarray(0, this.length));
    return result;
  }
}

export class GrowingBytes {
  private data = new Uint8Array(4096);
  length = 0;
  /** Append ASCII text; other characters would have been folded before. */
  pushText(text: string): void {
    while (this.length + text.length > this.data.length) {
      const wider = new Uint8Array(this.data.length * 2);
      wider.set(this.data);
      this.data = wider;
    }
    for (let i = 0; i < text.length; i++) this.data[this.length + i] = text.charCodeAt(i);
    this.length += text.length;
  }
  shared(): Uint8Array {
    const result = new Uint8Array(new SharedArrayBuffer(this.length));
    result.set(this.data.subarray(0, this.length));
    return result;
  }
}
