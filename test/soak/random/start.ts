import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { eventually } from '../../support/eventually.ts';
import { PGBAK } from '../../support/pgbak.ts';
import { identityOf, isAlive, treeOf, type Identity } from './processes.ts';
import { demand, Violation } from './violation.ts';

/** What befalls a process of the tree while a command runs. */
export interface Blow {
  signal: 'SIGKILL' | 'SIGTERM';
  afterMs: number;
  /** 0 for pgbak itself; else which of its children, as a share of those there are. */
  whichOf1: number;
}

export interface Ended {
  status: number | null;
  /** Set where pgbak itself was killed. */
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The command line of the process that was struck; undefined where all had ended before. */
  struck: string | undefined;
  /** What was running once pgbak had ended and its children had had their time, which nothing should be. */
  left: Identity[];
}

const LOOK_EVERY_MS = 50;
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
  blow?: Blow,
): Promise<Ended> {
  const child = spawn(process.execPath, [PGBAK, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error('pgbak did not start');
  const seen = new Map<number, Identity>();
  const look = () => {
    for (const one of treeOf(pid)) {
      const known = seen.get(one);
      // Between fork and exec a child shows its parent's words.
      if (known === undefined || known.line === seen.get(pid)?.line) seen.set(one, identityOf(one));
    }
  };
  look();
  const looking = setInterval(look, LOOK_EVERY_MS);
  let struck: string | undefined;
  const strike = () => {
    if (blow === undefined) return;
    const tree = treeOf(pid);
    const target = blow.whichOf1 === 0 ? pid : tree[1 + Math.floor(blow.whichOf1 * (tree.length - 1))];
    if (target === undefined || child.exitCode !== null || child.signalCode !== null) return;
    look();
    try {
      process.kill(target, blow.signal);
      struck = identityOf(target).line.slice(0, 80) || seen.get(target)?.line.slice(0, 80) || String(target);
    } catch {
      // It was faster.
    }
  };
  const striking = blow === undefined ? undefined : setTimeout(strike, blow.afterMs);
  const tooLong = setTimeout(() => {
    for (const one of treeOf(pid).toReversed()) process.kill(one, 'SIGKILL');
  }, ENDS_WITHIN_MS);
  const began = Date.now();
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('exit', (status, signal) => resolve([status, signal])),
  );
  const [[status, signal], stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]).finally(
    () => {
      clearInterval(looking);
      clearTimeout(striking);
      clearTimeout(tooLong);
    },
  );
  const what = `pgbak ${args.join(' ')}`;
  demand(Date.now() - began < ENDS_WITHIN_MS, `${what} did not end within ${ENDS_WITHIN_MS / 1000} s`);
  for (const secret of secrets) {
    demand(!`${stdout}${stderr}`.includes(secret), `${what} printed a secret: ${stdout}${stderr}`);
    const line = [...seen.values()].find((one) => one.line.includes(secret))?.line;
    demand(line === undefined, `a secret stood in the command line of a process of ${what}: ${line ?? ''}`);
  }
  const running = () => [...seen.values()].filter((one) => one.pid !== pid && isAlive(one));
  await eventually('the children end', () => running().length === 0, CHILDREN_END_WITHIN_MS).catch(() => undefined);
  return { status, signal, stdout, stderr, struck, left: running() };
}

/** The one JSON document on standard output. */
export function documentOf({ stdout, stderr }: Ended, what: string): unknown {
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    throw new Violation(`${what} --json printed no JSON: ${stdout}${stderr}`);
  }
}
