import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { TemporaryFolder } from './temporary-folder.ts';

const SYSTEMD = '/lib/systemd/systemd';

/** A real systemd needs namespaces of its own, which only root may make. */
export const mayRunSystemd =
  process.getuid?.() === 0 && existsSync(SYSTEMD) && spawnSync('unshare', ['-pfmCui', 'true']).status === 0;

const BOOT = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/lock /etc/pgbak
mount --bind "$1/units" /etc/systemd/system
mount --bind "$1/etc" /etc/pgbak
touch "$1/console"
mount --bind "$1/console" /dev/console
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd,xattr cgroup /sys/fs/cgroup/systemd
exec env -i PATH=/usr/bin:/bin container=docker ${SYSTEMD} --system --unit=pgbak-test.target --show-status=0`;

/** So that the service is all that starts, systemd ends with it, and what it prints can be read. */
const ALONE = (folder: string) => `[Unit]
DefaultDependencies=no
Wants=
After=
SuccessAction=exit
FailureAction=exit
SuccessActionExitStatus=0
FailureActionExitStatus=1
[Service]
StandardOutput=append:${folder}/output
StandardError=append:${folder}/output
`;

/** Runs a service by a systemd of its own, to its end, with that environment file; says how it ended and what it printed. */
export async function runService(folder: TemporaryFolder, unit: string, environmentFile: string) {
  for (const name of ['units', 'etc']) mkdirSync(folder.at(name));
  mkdirSync(folder.at('units', 'pgbak.service.d'));
  writeFileSync(folder.at('etc', 'environment'), environmentFile);
  writeFileSync(folder.at('units', 'pgbak.service'), unit);
  writeFileSync(folder.at('units', 'pgbak.service.d', 'alone.conf'), ALONE(folder.path));
  writeFileSync(
    folder.at('units', 'pgbak-test.target'),
    '[Unit]\nDefaultDependencies=no\nRequires=pgbak.service\nAfter=pgbak.service\n',
  );
  const child = spawn('unshare', ['-pfmCui', '--mount-proc', '--kill-child', 'sh', '-c', BOOT, 'sh', folder.path], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [status] = await once(child, 'exit');
  return { status: status as number | null, output: readFileSync(folder.at('output'), 'utf8') };
}
