import { Secret } from '../core/secret.ts';
import type { Environment } from './environment.ts';
import { resolveReference } from './reference.ts';
import type { ServerRecord } from './server.ts';

/** The password that a server's archives are opened with today. */
export function archivePasswordOf(server: ServerRecord, environment: Environment): Secret | undefined {
  const secret = server.archivePassword ?? environment.archivePassword;
  return secret === undefined ? undefined : resolveReference(secret, 'the archive password', environment.variable);
}

/** The password that a flag gives, or the one that it refers to. */
export function givenPassword(given: string, { variable }: Environment): Secret {
  return resolveReference(new Secret(given), 'the archive password', variable);
}
