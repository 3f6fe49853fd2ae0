import { attempt, PgbakError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { parseConnection } from '../../postgres/connection.ts';
import type { Environment } from '../../server/environment.ts';
import { isReference } from '../../server/reference.ts';
import { FIELDS, type ServerRecord } from '../../server/server.ts';
import type { Draft } from './drafts.ts';
import type { Input, InputKey } from './inputs.ts';

/** What may be told of a secret: whether there is one, and the references among its values. */
export interface SecretState {
  is: 'typed' | 'set' | 'none';
  count: number;
  /** References, and of a connection string what `list` shows of it. */
  shown: readonly string[];
}

/** Fields for which the one URL of a check stands. */
const OF_CHECK = ['hcUrlStart', 'hcUrlSuccess', 'hcUrlFail'] as const;

export function secretState(input: Input, draft: Draft | undefined, today: ServerRecord | undefined): SecretState {
  const typed = draft?.typed.get(input.flag) ?? [];
  if (typed.length > 0) return { is: 'typed', count: typed.length, shown: shownOf(input.key, typed) };
  const stored = today === undefined ? [] : storedSecrets(input.key, today);
  return stored.length > 0
    ? { is: 'set', count: stored.length, shown: shownOf(input.key, stored) }
    : { is: 'none', count: 0, shown: [] };
}

function storedSecrets(key: InputKey, today: ServerRecord): Secret[] {
  // The one URL is not stored; what it made is told beside the three.
  if (key === 'check') return OF_CHECK.every((name) => today[name] === undefined) ? [] : [new Secret('')];
  const value: unknown = today[key];
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((one) => one instanceof Secret).filter((one) => one.reveal() !== '');
}

function shownOf(key: InputKey, secrets: readonly Secret[]): string[] {
  return secrets.flatMap((secret) => {
    if (isReference(secret.reveal())) return [secret.reveal()];
    if (key !== 'connectionString') return [];
    const connection = attempt(() => parseConnection(secret));
    return connection instanceof PgbakError ? [] : [connection.label];
  });
}

/** What applies where an input is empty: `from B2_BUCKET: backups`, `default: 24`; undefined where nothing does. */
export function whenEmpty(key: InputKey, environment: Environment): string | undefined {
  if (key === 'check') return undefined;
  const { variable, default: byDefault, isSecret = false, unit } = FIELDS[key];
  const fromVariable = variable === undefined ? undefined : environment.variable(variable);
  if (fromVariable !== undefined) return isSecret ? `from ${variable}` : `from ${variable}: ${fromVariable}`;
  if (typeof byDefault === 'string') return `default: ${byDefault}`;
  return typeof byDefault === 'number' ? `default: ${byDefault}${unit === undefined ? '' : ` ${unit}`}` : undefined;
}
