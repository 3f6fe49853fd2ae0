import { brokenReferences } from '../../server/check-references.ts';
import { parseServerInput } from '../../server/server-form.ts';
import type { ServerInput } from '../../server/server.ts';
import type { Asking } from './asking.ts';
import { tryIt } from './try-it.ts';

/**
 * Tries where typed references lead, and tells of the first that leads nowhere. Returns whether the answer stays: the
 * variable may be set only where cron or systemd starts pgbak.
 */
export async function keepsReferences(
  typed: ServerInput,
  { isChecked, environment, signal }: Pick<Asking, 'isChecked' | 'environment' | 'signal'>,
): Promise<boolean> {
  if (!isChecked) return true;
  const [broken] = brokenReferences(parseServerInput(typed), environment);
  if (broken === undefined) return true;
  return (await tryIt('Reading it', () => Promise.reject(broken.problem), signal)) === undefined;
}
