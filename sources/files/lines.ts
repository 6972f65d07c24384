import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';

/** Text encodings that are read. UTF-8 and UTF-16 lose their byte-order mark. */
export const ENCODINGS = ['utf-8', 'windows-1252', 'utf-16le'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** One physical line, without its line feed; `cut` when it was longer than allowed, and only its beginning is here. */
export interface Line {
  readonly number: number;
  readonly text: string;
  readonly cut: boolean;
}

/** The lines of a file, one array per chunk read. Memory is bounded by `longest` characters, whatever the file holds. */
export async function* readLines(path: string, encoding: Encoding, longest: number): AsyncGenerator<Line[]> {
  const decoder = new TextDecoder(encoding);
  const splitter = new LineSplitter(longest);
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    const lines = splitter.take(decoder.decode(chunk as Buffer, { stream: true }));
    if (lines.length > 0) yield lines;
  }
  const last = splitter.end(decoder.decode());
  if (last.length > 0) yield last;
}

class LineSplitter {
  private started = '';
  private cut = false;
  private number = 0;

  constructor(private readonly longest: number) {}

  take(text: string): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.append(text.slice(from, end));
      lines.push(this.finish());
      from = end + 1;
    }
    this.append(text.slice(from));
    return lines;
  }

  end(text: string): Line[] {
    const lines = this.take(text);
    return this.started === '' && !this.cut ? lines : [...lines, this.finish()];
  }

  private append(text: string): void {
    if (this.cut) return;
    this.started += text;
    if (this.started.length <= this.longest) return;
    this.started = this.started.slice(0, this.longest);
    this.cut = true;
  }

  private finish(): Line {
    const line = { number: ++this.number, text: this.started, cut: this.cut };
    this.started = '';
    this.cut = false;
    return line;
  }
}
