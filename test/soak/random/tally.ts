/** What was done, counted, for a table at the end. */
export interface Tally {
  add(kind: string, what: string): void;
  /** A line for each, sorted. */
  lines(): string[];
}

export function newTally(): Tally {
  const counts = new Map<string, number>();
  return {
    add: (kind, what) => {
      const name = `${kind.padEnd(8)} ${what}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
    lines: () =>
      [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${String(count).padStart(5)}  ${name}`),
  };
}
