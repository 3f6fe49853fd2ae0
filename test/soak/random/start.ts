import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { eventually } from '../../support/eventually.ts';
import { PGBAK } from '../../support/pgbak.ts';
import { isAlive, treeOf, type Identity } from './processes.ts';
import { watchTree, type Blow, type Struck } from './strike.ts';
import type { Tally } from './tally.ts';
import { demand, Violation } from './violation.ts';

export interface Ended {
  status: number | null;
  /** Set where pgbak itself was killed. */
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The process that was struck; undefined where all had ended before. */
  struck: Struck | undefined;
  /** What was running once pgbak had ended and its children had had their time, which nothing should be. */
  left: Identity[];
}

const ENDS_WITHIN_MS = 300_000;
const CHILDREN_END_WITHIN_MS = 30_000;

/**
 * Runs pgbak to its end, strikes as it was told, and looks at what everybody can see of it: its output and the command lines
 * of its processes.
 *
 * @param secrets what may be in neither
 */
export async function startPgbak(
  args: readonly string[],
  env: Record<string, string>,
  secrets: readonly string[],
  tally: Tally,
  blow?: Blow,
): Promise<Ended> {
  const child = spawn(process.execPath, [PGBAK, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error('pgbak did not start');
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  using watch = watchTree(pid, blow, (target) => {
    const phase = phaseOf(said);
    tally.add(blow?.signal ?? '', `${target} of ${args[0] ?? ''}${phase === undefined ? '' : `: ${phase}`}`);
  });
  const tooLong = setTimeout(() => {
    for (const one of treeOf(pid).toReversed()) process.kill(one, 'SIGKILL');
  }, ENDS_WITHIN_MS);
  const began = Date.now();
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('exit', (status, signal) => resolve([status, signal])),
  );
  const [[status, signal], stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]).finally(
    () => clearTimeout(tooLong),
  );
  if (blow !== undefined && watch.struck() === undefined) tally.add('missed', `${blow.target} of ${args[0] ?? ''}`);
  const what = `pgbak ${args.join(' ')}`;
  demand(Date.now() - began < ENDS_WITHIN_MS, `${what} did not end within ${ENDS_WITHIN_MS / 1000} s`);
  for (const secret of secrets) {
    demand(!`${stdout}${stderr}`.includes(secret), `${what} printed a secret: ${stdout}${stderr}`);
    const line = [...watch.seen.values()].find((one) => one.line.includes(secret))?.line;
    demand(line === undefined, `a secret stood in the command line of a process of ${what}: ${line ?? ''}`);
  }
  const running = () => [...watch.seen.values()].filter((one) => one.pid !== pid && isAlive(one));
  await eventually('the children end', () => running().length === 0, CHILDREN_END_WITHIN_MS).catch(() => undefined);
  // Before Node has begun with pgbak, and once pgbak is done, nobody listens to a SIGTERM. A shell shows both in one way.
  const shown = signal === 'SIGTERM' ? 143 : status;
  return { status: shown, signal, stdout, stderr, struck: watch.struck(), left: running() };
}

/** The phase that a log spoke of last. */
function phaseOf(log: string): string | undefined {
  return [...log.matchAll(/connecting|dumping|checking the archive|storing|verifying|stored|warning/g)].at(-1)?.[0];
}

/** The one JSON document on standard output. */
export function documentOf({ stdout, stderr }: Ended, what: string): unknown {
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    throw new Violation(`${what} --json printed no JSON: ${stdout}${stderr}`);
  }
}
