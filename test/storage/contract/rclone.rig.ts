import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { partialNameOf } from '../../../src/storage/version-names.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { rcloneRig, rcloneWrapper } from '../../support/rclone.ts';
import { CAN_MOUNT, mountSmallDisk, type SmallDisk } from '../../support/small-disk.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { FaultName, Kind, Rig, Step } from './rig.ts';
import { DIRECTORY } from './directory.rig.ts';

/** As the README tells the names of files. */
const VERSION = /^(.*)\.\d{8}T\d{6}Z(?:-\d+)?(\.(?:sql|bin)\.7z)$/;
const FULL_BYTES = 4096;
/** rclone needs some time to start, on a machine that does other things as well. */
const IDLE_MS = 2500;

/** The words of rclone that carry a step. Only a question for a hash tells a checksum. */
const VERBS: Record<Step, string> = {
  send: 'copyto',
  finish: 'moveto',
  ask: 'lsjson',
  fetch: 'cat',
  remove: 'deletefile',
};

/** What a fault does in place of rclone, in the words of a shell. */
const ACTIONS: Partial<Record<FaultName, (step: Step) => string>> = {
  'lose the answer': () => '"$RCLONE" "$@" > /dev/null 2>&1; echo "read tcp: connection reset by peer" >&2; exit 1',
  'answer a wrong checksum': () =>
    `"$RCLONE" "$@" | sed -E 's/"(sha256|sha1|md5)": "[0-9a-f]+"/"\\1": "${'0'.repeat(64)}"/'; exit 0`,
  stall: (step) => (step === 'fetch' ? '"$RCLONE" "$@" | head -c 2000; exec sleep 600' : 'exec sleep 600'),
  'storm of 503': () => 'echo "Failed: 503 Service Unavailable" >&2; exit 1',
  'revoke the credentials': () => `echo "couldn't fetch token: invalid_grant: maybe token expired?" >&2; exit 1`,
  'cut the download': () => '"$RCLONE" "$@" | head -c 2000; echo "unexpected EOF" >&2; exit 1',
};

/** Each armed fault is a folder with one file for each time that it still strikes; `mv` takes one at once. */
const SCRIPT = `
case "$*" in *--hash-type*) VERB=hash ;; esac
for fault in "$NOTES/$VERB".*; do
  [ -f "$fault/times" ] || continue
  times=$(cat "$fault/times")
  [ "$times" -gt 0 ] || continue
  echo $((times - 1)) > "$fault/times"
  echo x >> "$NOTES/struck"
  . "$fault/action"
done`;

async function startRcloneRig(): Promise<Rig> {
  const folder = temporaryFolder();
  const { open, directory } = rcloneRig(folder);
  const program = rcloneWrapper(folder, SCRIPT);
  const notes = folder.at('notes');
  const locked = new Set<string>();
  let disk: SmallDisk | undefined;
  let armed = 0;
  const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal) };
  const unlock = (path: string) => {
    execFileSync('chattr', ['-i', path], { stdio: 'pipe' });
    locked.delete(path);
  };
  const disarm = () => {
    disk?.[Symbol.dispose]();
    disk = undefined;
    for (const name of readdirSync(notes)) if (name !== 'struck') rmSync(join(notes, name), { recursive: true });
  };
  const files = () =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
  const nameOf = (id: string) => {
    const [, base, extension] = VERSION.exec(id) ?? [];
    return base === undefined || extension === undefined ? undefined : base + extension;
  };
  const write = (id: string, content: string) => {
    const path = join(directory, id);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { flag: 'wx' });
    return id;
  };
  return {
    open: (owner = 'catalog-1') => open({ owner, program, attempts: 5, idleMs: IDLE_MS, clock }),
    arm: async (fault, step, times = 1) => {
      if (fault === 'fill the place') {
        disk = mountSmallDisk(directory, FULL_BYTES);
        return;
      }
      const action = ACTIONS[fault];
      if (action === undefined) throw new Error(`rclone cannot ${fault}`);
      const verb = fault === 'answer a wrong checksum' ? 'hash' : VERBS[step];
      const at = join(notes, `${verb}.${(armed += 1)}`);
      mkdirSync(at);
      writeFileSync(join(at, 'action'), action(step));
      writeFileSync(join(at, 'times'), String(times));
    },
    disarm: async () => disarm(),
    struck: () => {
      const struck = join(notes, 'struck');
      return (disk === undefined ? 0 : 1) + (existsSync(struck) ? readFileSync(struck, 'utf8').length / 2 : 0);
    },
    there: async () =>
      files().flatMap((id) => {
        const name = nameOf(id);
        if (name === undefined) return [];
        const content = readFileSync(join(directory, id));
        return [{ id, name, sizeBytes: content.length, sha1: createHash('sha1').update(content).digest('hex') }];
      }),
    leftovers: async () => {
      const all = files();
      return all.filter(
        (id) => nameOf(id) === undefined && !(id.endsWith('.sha256') && all.includes(id.slice(0, -'.sha256'.length))),
      );
    },
    plant: async (versions) =>
      versions.map(({ name, startedAt }) => {
        const stamp = `${startedAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
        return write(name.replace(/\.sql\.7z$/, `.${stamp}.sql.7z`), '7z');
      }),
    leaveUnfinished: async (name, owner) => void write(partialNameOf(name, owner), 'half'),
    lock: async ({ id }) => {
      const path = join(directory, id);
      execFileSync('chattr', ['+i', path], { stdio: 'pipe' });
      locked.add(path);
    },
    unlock: async ({ id }) => unlock(join(directory, id)),
    secrets: [],
    [Symbol.asyncDispose]: async () => {
      disarm();
      for (const path of locked) unlock(path);
      folder[Symbol.dispose]();
    },
  };
}

const LOCK = DIRECTORY.cannot['lock an object'];

export const RCLONE: Kind = {
  name: 'a remote of rclone',
  start: startRcloneRig,
  // It treats all alike.
  sizes: [3_000_000],
  growingBytes: 3_000_000,
  cannot: {
    'expire the credentials': 'rclone renews a token by itself, before pgbak learns of it',
    ...(CAN_MOUNT ? {} : { 'fill the place': 'only root may mount a small disk' }),
    ...(LOCK === undefined ? {} : { 'lock an object': LOCK }),
  },
};
