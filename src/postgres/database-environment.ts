import type { Secret } from '../core/secret.ts';
import type { Connection } from './connection.ts';
import type { ProgramEnvironment } from './program-environment.ts';

/** The environment of a program that connects: the password goes by it, since a command line is there to be seen. */
export function databaseEnvironment(
  { password }: Connection,
  environment: ProgramEnvironment,
): Record<string, string | Secret> {
  return { ...environment, ...(password === undefined ? {} : { PGPASSWORD: password }) };
}
