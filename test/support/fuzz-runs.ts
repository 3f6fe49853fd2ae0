const TIMES = Number(process.env['PGBAK_FUZZ_RUNS'] ?? 1);

/** Of one test; more runs have more time. */
export const FUZZ_TIMEOUT_MS = 120_000 * Math.max(1, TIMES);

/**
 * How often a property is tried: a fixed small number with a fixed seed, so that the suite says the same each time.
 * `PGBAK_FUZZ_RUNS` multiplies that number, and then the seed is a new one unless `PGBAK_FUZZ_SEED` names it; fast-check
 * prints the seed of a failure.
 */
export function fuzzRuns(runs: number): { numRuns: number; seed?: number } {
  const seed = process.env['PGBAK_FUZZ_SEED'];
  const numRuns = Math.ceil(runs * TIMES);
  if (seed !== undefined) return { numRuns, seed: Number(seed) };
  return TIMES === 1 ? { numRuns, seed: 1 } : { numRuns };
}
