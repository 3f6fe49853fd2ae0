import type { Context } from '../core/context.ts';
import { ConfigError, PgbakError, attempt } from '../core/errors.ts';
import { secretsOfDestination, type DestinationChanges, type DestinationFields } from '../server/destination-record.ts';
import { DESTINATION_WORDS } from '../server/destination-words.ts';
import { resolveReference } from '../server/reference.ts';
import { settlePlace } from './lost-directory.ts';

interface Settling {
  isAllowed: boolean;
  ask?: (problem: string, isThere: boolean) => Promise<boolean>;
}

/** Makes sure that the directory of a destination is there, as `settleDestination` does for a server. */
export async function settleDirectory(
  { place }: Pick<DestinationFields, 'place'>,
  context: Context,
  settling: Settling,
): Promise<string | undefined> {
  return await settlePlace(place, context, { ...settling, retry: () => 'add --create-destination' });
}

/** Throws one `ConfigError` that names each reference to a secret that leads nowhere. */
export function refuseBrokenSecrets(given: DestinationChanges, { environment }: Pick<Context, 'environment'>): void {
  const problems = secretsOfDestination(given).flatMap(({ name, value }) => {
    const problem = attempt(() =>
      resolveReference(value, `the ${DESTINATION_WORDS[name].label}`, environment.variable),
    );
    return problem instanceof PgbakError ? [problem] : [];
  });
  const [first] = problems;
  if (first === undefined) return;
  throw new ConfigError(
    problems.map(({ message }) => message).join('; '),
    `${first.hint ?? 'Correct it.'} Or, to store it without trying it: --no-check`,
  );
}
