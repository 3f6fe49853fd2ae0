import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { identityOf, isAlive, treeOf, type Identity } from './processes.ts';

/** The programs of a run and a restore, by the names of their files. */
export type Program = 'pgbak' | 'pg_dump' | 'pg_dumpall' | '7-Zip' | 'psql' | 'pg_restore' | 'initdb' | 'postgres';

/** What befalls a process of the tree while a command runs. */
export interface Blow {
  signal: 'SIGKILL' | 'SIGTERM';
  target: Program;
  /** It is struck once so many processes of a program have been seen, or at the start; children live for moments. */
  sight: { of: Program; nth: number } | undefined;
  afterMs: number;
}

/** How a blow fell. */
export interface Struck {
  target: Program;
  line: string;
}

export interface Watch extends Disposable {
  /** Every process of the tree that was seen, by number. */
  seen: ReadonlyMap<number, Identity>;
  /** The process that was struck; undefined as long as none was. */
  struck(): Struck | undefined;
}

const LOOK_EVERY_MS = 50;
/** A session of psql lasts some 20 ms. */
const AIM_EVERY_MS = 5;

/**
 * Looks at a process and its children until it is disposed, and strikes one of them as it was told. Where the one that is
 * meant has ended too early, the next of its kind is struck.
 */
export function watchTree(pid: number, blow: Blow | undefined, onStrike: (target: Program) => void): Watch {
  const seen = new Map<number, Identity>();
  const sighted = new Map<number, Program>();
  let struck: Struck | undefined;
  let armedAt = blow?.sight === undefined ? performance.now() : Number.POSITIVE_INFINITY;
  const look = () => {
    const tree = treeOf(pid);
    for (const one of tree) {
      const known = seen.get(one);
      // Between fork and exec a child shows its parent's words.
      if (known === undefined || known.line === seen.get(pid)?.line) seen.set(one, identityOf(one));
      if (sighted.has(one)) continue;
      const program = one === pid ? 'pgbak' : programOf(one);
      if (program !== undefined) sighted.set(one, program);
    }
    return tree;
  };
  const aim = () => {
    const tree = look();
    if (blow === undefined || struck !== undefined) return;
    const { sight, target, afterMs, signal } = blow;
    if (sight !== undefined && armedAt === Number.POSITIVE_INFINITY) {
      const count = [...sighted.values()].filter((program) => program === sight.of).length;
      if (count >= sight.nth) armedAt = performance.now();
    }
    if (performance.now() < armedAt + afterMs) return;
    const victim = tree.findLast((one) => sighted.get(one) === target);
    const identity = victim === undefined ? undefined : seen.get(victim);
    if (victim === undefined || identity === undefined || !isAlive(identity)) return;
    try {
      process.kill(victim, signal);
      struck = { target, line: identity.line.slice(0, 80) };
      onStrike(target);
      clearInterval(timer);
      timer = setInterval(look, LOOK_EVERY_MS);
    } catch {
      // It was faster.
    }
  };
  look();
  let timer = setInterval(aim, blow === undefined ? LOOK_EVERY_MS : AIM_EVERY_MS);
  return { seen, struck: () => struck, [Symbol.dispose]: () => clearInterval(timer) };
}

const CHILDREN: ReadonlyMap<string, Program> = new Map([
  ['pg_dump', 'pg_dump'],
  ['pg_dumpall', 'pg_dumpall'],
  ['7z', '7-Zip'],
  ['7za', '7-Zip'],
  ['7zz', '7-Zip'],
  ['7zzs', '7-Zip'],
  ['psql', 'psql'],
  ['pg_restore', 'pg_restore'],
  ['initdb', 'initdb'],
  ['postgres', 'postgres'],
]);

/** What a child is; undefined as long as it is not yet what it will be, or has ended. */
function programOf(pid: number): Program | undefined {
  try {
    return CHILDREN.get(basename(readlinkSync(`/proc/${pid}/exe`)));
  } catch {
    return undefined;
  }
}
