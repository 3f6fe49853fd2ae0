import { attempt, ConfigError, PgbakError } from '../core/errors.ts';
import type { Environment } from './environment.ts';
import { FIELD_WORDS } from './field-words.ts';
import { resolvePingUrl } from './ping-urls.ts';
import { resolveReference, withoutBelow } from './reference.ts';
import { secretsOf, type ServerChanges } from './server.ts';
import type { FieldProblem } from './server-form.ts';

const PING_FIELDS = new Set(['hcUrlStart', 'hcUrlSuccess', 'hcUrlFail', 'hcUrlVerify']);

/** What is wrong with the references in what a user gave for a server: variables that are not set, files that are not there. */
export function brokenReferences(given: ServerChanges, { variable }: Pick<Environment, 'variable'>): FieldProblem[] {
  const seen = new Set<string>();
  return secretsOf(given).flatMap(({ name, value }) => {
    // The three URLs of one check need not be told of three times.
    const reference = withoutBelow(value).reference.reveal();
    if (seen.has(reference)) return [];
    seen.add(reference);
    const what = name === 'earlierArchivePasswords' ? 'the earlier archive password' : `the ${FIELD_WORDS[name].label}`;
    const resolve = PING_FIELDS.has(name) ? resolvePingUrl : resolveReference;
    const problem = attempt(() => resolve(value, what, variable));
    return problem instanceof PgbakError ? [{ name, problem }] : [];
  });
}

/** Throws one `ConfigError` that names each reference that leads nowhere. */
export function refuseBrokenReferences(given: ServerChanges, environment: Pick<Environment, 'variable'>): void {
  const [first, ...others] = brokenReferences(given, environment);
  if (first === undefined) return;
  const hint = first.problem.hint ?? 'Correct it.';
  throw new ConfigError(
    [first, ...others].map(({ problem }) => problem.message).join('; '),
    `${hint} Or, to store it without trying it: --no-check`,
  );
}
