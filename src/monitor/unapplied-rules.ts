import { quoted } from '../core/printable.ts';
import { hasRules } from '../server/retention-rules.ts';
import type { ServerFields } from '../server/server.ts';

/** Told where a server has rules of retention that no run applies, with the command for each way to apply them. */
export function unappliedRules(server: ServerFields): string[] {
  if (!hasRules(server) || server.autoPrune) return [];
  const name = quoted(server.name);
  return [
    `Its retention rules remove nothing by themselves. To apply them after each backup: pgbak edit ${name} --auto-prune`,
    `To apply them now: pgbak prune ${name}`,
  ];
}
