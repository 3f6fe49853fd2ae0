const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * Sizes as a row of bars, oldest first, against the largest of them: a backup that shrinks is seen at a glance, one
 * that is a few percent smaller is not.
 */
export function sparkLine(sizes: readonly number[]): string {
  const largest = Math.max(...sizes, 1);
  return sizes.map((size) => BARS[Math.round((size / largest) * (BARS.length - 1))]).join('');
}
