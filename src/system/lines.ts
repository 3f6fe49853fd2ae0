const TAIL_CHARACTERS = 8192;
const LONGEST_KEPT_LINE = 4096;
const LONGEST_LINE = 1_000_000;

export interface Lines {
  write(chunk: Buffer): void;
  /** The last lines, at most 8 KB, including an unfinished one. */
  tail(): string;
}

/**
 * Splits a program's stderr into lines, passes each through `clean`, and keeps only the last ones: a program may write gigabytes
 * there. Backspaces and carriage returns, with which progress displays rewrite a line, end a line too.
 */
export function keepLines(clean: (line: string) => string, onLine?: (line: string) => void): Lines {
  const decoder = new TextDecoder();
  let unfinished = '';
  let kept: string[] = [];
  let keptCharacters = 0;

  const keep = (line: string) => {
    // Cut only after cleaning: half a secret would not be recognized.
    const cleaned = clean(line).slice(0, LONGEST_KEPT_LINE);
    onLine?.(cleaned);
    kept.push(cleaned);
    keptCharacters += cleaned.length + 1;
    while (keptCharacters > TAIL_CHARACTERS && kept.length > 1) keptCharacters -= (kept.shift()?.length ?? 0) + 1;
  };

  return {
    write: (chunk) => {
      const parts = (unfinished + decoder.decode(chunk, { stream: true })).split(/[\n\r\b]+/);
      unfinished = parts.pop() ?? '';
      if (unfinished.length > LONGEST_LINE) unfinished = '';
      for (const line of parts) if (line.trim() !== '') keep(line);
    },
    tail: () => [...kept, ...(unfinished.trim() === '' ? [] : [clean(unfinished)])].join('\n'),
  };
}
