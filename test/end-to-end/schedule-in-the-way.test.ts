import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';

/** What is put in place goes into a mount namespace: the machine's own crontab and units stay as they are. */
const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
const hasCron = spawnSync('sh', ['-c', 'command -v crontab']).status === 0;

async function accountWithServer(): Promise<Account> {
  const account = newAccount();
  const flags = { name: 'shop', 'connection-string': 'postgresql:///shop', destination: 'file:/srv/backups' };
  await account.add({ ...flags, 'no-check': true });
  return account;
}

describe('schedule --install, where something is in the way', () => {
  /** Runs pgbak with crontab, units and environment file of the test's own, and a systemctl that answers so. */
  function machine(account: Account, systemctl: string) {
    for (const name of ['spool', 'units', 'etc', 'bin']) mkdirSync(account.folder.at(name));
    writeFileSync(account.folder.at('bin', 'systemctl'), `#!/bin/sh\n${systemctl}\n`, { mode: 0o755 });
    const mounts = [
      ['spool', '/var/spool/cron/crontabs'],
      ['units', '/etc/systemd/system'],
      ['etc', '/etc/pgbak'],
    ].map(([name = '', place = '']) => `mkdir -p ${place} && mount --bind '${account.folder.at(name)}' ${place}`);
    const env = { ...account.env, PATH: `${account.folder.at('bin')}:${account.env['PATH']}` };
    const run = (...words: string[]) =>
      spawnSync('unshare', ['-m', 'sh', '-c', `${mounts.join(' && ')} && exec "$@"`, 'sh', ...words], {
        encoding: 'utf8',
        env,
      });
    return {
      pgbak: (...args: string[]) => run(process.execPath, PGBAK, 'schedule', ...args),
      crontab: () => run('crontab', '-l').stdout,
    };
  }
  const WORKS = 'case "$*" in *show*) echo ActiveState=active;; esac';

  test('systemd does not answer: exit status 1, the reason, and what is there now {refused@connect}', async () => {
    if (!mayMount) return;
    using account = await accountWithServer();
    const { pgbak } = machine(account, 'echo "Failed to connect to bus" >&2; exit 1');
    const { status, stdout, stderr } = pgbak('--install', 'systemd');
    expect(status).toBe(1);
    expect(stdout).toMatch(/wrote \/etc\/systemd\/system\/pgbak\.timer\n$/);
    expect(stderr).toMatch(
      /^pgbak: the timer was not started, so nothing starts pgbak yet: systemctl daemon-reload failed: Failed to connect to bus\nThe units stay in \/etc\/systemd\/system\. Where systemd runs, start the timer: systemctl daemon-reload && systemctl enable --now pgbak\.timer\n/,
    );
    const removed = pgbak('--remove', 'systemd');
    expect({ status: removed.status, stderr: removed.stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        /the timer may still run: systemctl disable --now pgbak\.timer failed: .*\nThe units are removed\./,
      ),
    });
    expect(existsSync(account.folder.at('units', 'pgbak.timer'))).toBe(false);
  });

  test('the other scheduler starts pgbak already: nothing is changed until --replace says so', async () => {
    if (!hasCron || !mayMount) return;
    using account = await accountWithServer();
    const { pgbak, crontab } = machine(account, WORKS);
    expect(pgbak('--install', 'cron').status).toBe(0);
    const refused = pgbak('--install', 'systemd');
    expect({ status: refused.status, stderr: refused.stderr }).toEqual({
      status: 2,
      stderr:
        'pgbak: the crontab of this user starts pgbak already; nothing was changed\nTo replace it: pgbak schedule --install systemd --replace\n',
    });
    expect(existsSync(account.folder.at('units', 'pgbak.timer'))).toBe(false);
    const replaced = pgbak('--install', 'systemd', '--replace');
    expect(replaced.status).toBe(0);
    expect(replaced.stdout).toMatch(
      /systemd starts pgbak every hour now\n.*removed the line of pgbak from the crontab\n$/,
    );
    expect(crontab()).not.toContain('pgbak');

    expect(pgbak('--install', 'cron').stderr).toMatch(/the systemd timer pgbak\.timer starts pgbak already/);
    expect(pgbak('--install', 'cron', '--replace').status).toBe(0);
    expect(existsSync(account.folder.at('units', 'pgbak.timer'))).toBe(false);
    expect(crontab()).toMatch(/run --quiet$/m);
  });

  test('a person has pgbak started already: that stays, and is said', async () => {
    if (!hasCron || !mayMount) return;
    using account = await accountWithServer();
    const { pgbak, crontab } = machine(account, WORKS);
    writeFileSync(account.folder.at('spool', 'root'), '5 3 * * * /opt/pgbak/bin/pgbak run\n', { mode: 0o600 });
    const { status, stdout } = pgbak('--install', 'systemd');
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        /the crontab of this user starts pgbak as well\. If it does so for the same catalogue, remove it by hand\.\n$/,
      ),
    });
    expect(crontab()).toContain('5 3 * * *');
  });
});
