import type { Environment } from '../server/environment.ts';
import { rulesInWords } from '../server/retention-rules.ts';
import type { PruneEntry } from './prune.ts';

/** Which destinations applied their own rules in place of a server's, a line each. */
export function ownRulesInWords(
  entries: readonly Pick<PruneEntry, 'rulesOf'>[],
  { namedDestinations }: Pick<Environment, 'namedDestinations'>,
): string[] {
  const owners = new Set(entries.map(({ rulesOf }) => rulesOf));
  return namedDestinations
    .filter(({ name }) => owners.has(name))
    .map((record) => `In ${record.name} its own rules apply: keep ${rulesInWords(record)}`);
}
