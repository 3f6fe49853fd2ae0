import { quoted } from '../core/printable.ts';
import type { Environment } from '../server/environment.ts';
import { hasRules } from '../server/retention-rules.ts';
import { destinationsWithRules } from '../server/rules-at.ts';
import type { ServerFields } from '../server/server.ts';

/** Told where rules of retention apply to a server that no run applies, with the command for each way to apply them. */
export function unappliedRules(server: ServerFields, environment: Environment): string[] {
  if (server.autoPrune) return [];
  const own = destinationsWithRules(server, environment).map(({ name }) => name);
  if (!hasRules(server) && own.length === 0) return [];
  const name = quoted(server.name);
  const rules = hasRules(server) ? 'Its retention rules' : `The retention rules of ${own.join(', ')}`;
  return [
    `${rules} remove nothing by themselves. To apply them after each backup: pgbak edit ${name} --auto-prune`,
    `To apply them now: pgbak prune ${name}`,
  ];
}
