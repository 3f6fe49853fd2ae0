import { readFileSync } from 'node:fs';

interface TraceEvent {
  ts: number;
  ph: string;
  name: string;
  args: { path?: string; dest?: string; new_path?: string; result?: number };
}

/** Variables that make a Node note its asynchronous calls of the file system in `file`, in the order in which they begin. */
export function notesFsCalls(file: string): Record<string, string> {
  return { NODE_OPTIONS: `--trace-event-categories node.fs.async --trace-event-file-pattern ${file}` };
}

/** What was noted: `fsync`, and `open`, `link` and `rename` with the path that they speak of. */
export function readFsCalls(file: string): { call: string; path: string }[] {
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(readFileSync(file, 'utf8'));
  return traceEvents
    .filter(({ ph, name }) => ph === 'b' && ['fsync', 'open', 'link', 'rename'].includes(name))
    .toSorted((a, b) => a.ts - b.ts)
    .map(({ name, args }) => ({ call: name, path: args.dest ?? args.new_path ?? args.path ?? '' }));
}
