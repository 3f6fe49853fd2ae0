import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';

const AWKWARD = `p"w\\d $HOME \`id\` 'q' %d ä`;

interface Printed {
  crontab: string;
  service: string;
  timer: string;
  environmentFile: string;
  done: string[];
}

const isHere = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** The tests of what is put in place do so in a mount namespace of their own: the machine's own stays as it is. */
const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

async function accountWithServer(): Promise<Account> {
  const account = newAccount({ B2_APP_KEY: AWKWARD, ARCHIVE: 'referred to', UNRELATED: 'stays out' });
  await account.add({
    name: 'shop',
    'connection-string': 'postgresql:///shop',
    destination: 'file:/srv/my backups',
    'archive-password': 'env:ARCHIVE',
    'no-check': true,
  });
  return account;
}

describe('schedule prints', () => {
  test('a crontab line and units with absolute paths, that systemd accepts', async () => {
    using account = await accountWithServer();
    const printed = (await account.json('schedule')) as Printed;
    expect(printed.crontab).toMatch(/^\d+ \* \* \* \* .*; exec \/\S*node \S*\/bin\/run\.js run --quiet$/);
    expect(printed.timer).toMatch(/^Persistent=true$/m);
    expect(printed.timer).toMatch(/^RandomizedDelaySec=/m);
    expect(printed.service).toContain(`ExecStart=${process.execPath} ${PGBAK} run --quiet`);
    if (process.getuid?.() === 0) expect(printed.service).toContain('"-/srv/my backups"');
    expect((await account.pgbak('schedule')).stdout).toContain(printed.crontab);
    if (!isHere('systemd-analyze')) {
      process.stderr.write('NOTICE: systemd-analyze is not installed, so that the units were not verified by it\n');
      return;
    }
    writeFileSync(account.folder.at('pgbak.service'), printed.service);
    writeFileSync(account.folder.at('pgbak.timer'), printed.timer);
    const units = [account.folder.at('pgbak.service'), account.folder.at('pgbak.timer')];
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...units], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('schedule --install', () => {
  test('cron puts one line into the crontab, mends a dead one, leaves all others, and takes it out {gone@connect}', async () => {
    if (!isHere('crontab') || !mayMount) {
      process.stderr.write('NOTICE: no cron, or no mount namespace may be made, so that the crontab test is skipped\n');
      return;
    }
    using account = await accountWithServer();
    const spool = account.folder.at('spool');
    const etc = account.folder.at('etc');
    mkdirSync(spool);
    mkdirSync(etc);
    // The real crontab program, on a spool of the test's own: what the machine's owner has in it is none of our business.
    const inNamespace = (...words: string[]) =>
      spawnSync(
        'unshare',
        [
          '-m',
          'sh',
          '-c',
          'mount --bind "$1" /var/spool/cron/crontabs && mkdir -p /etc/pgbak && mount --bind "$2" /etc/pgbak && shift 2 && exec "$@"',
          'sh',
          spool,
          etc,
          ...words,
        ],
        { encoding: 'utf8', env: account.env },
      );
    const pgbak = (...args: string[]) => inNamespace(process.execPath, PGBAK, ...args);
    const crontab = () => inNamespace('crontab', '-l').stdout;
    const others = '# my own jobs\nMAILTO=me@example.com\n5 4 * * * /usr/bin/true 100\\%\n';
    writeFileSync(account.folder.at('table'), others);
    const filled = inNamespace('crontab', account.folder.at('table'));
    expect(filled.stderr).toBe('');

    const first = pgbak('schedule', '--install', 'cron');
    expect({ status: first.status, stderr: first.stderr }).toEqual({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /wrote \/etc\/pgbak\/environment \(mode 0600\): DB_PATH, .*\nthe crontab starts pgbak every hour now/,
    );
    const once = crontab();
    expect(once.startsWith(others)).toBe(true);
    expect(once).toMatch(/run --quiet$/m);
    expect(pgbak('schedule', '--install', 'cron').stdout).toMatch(
      /and was not changed\nthe crontab starts pgbak already/,
    );
    expect(crontab()).toBe(once);

    // What cron would hand to the shell loads the variables as they were.
    const file = `${etc}/environment`;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const loaded = execFileSync(
      'sh',
      ['-c', `set -a; . '${file}'; printf '%s|%s|%s' "$B2_APP_KEY" "$ARCHIVE" "$UNRELATED"`],
      { encoding: 'utf8', env: {} },
    );
    expect(loaded).toBe(`${AWKWARD}|referred to|`);
    const line =
      once
        .split('\n')
        .find((text) => text.includes('run --quiet'))
        ?.replace(/^\d+ \* \* \* \* /, '') ?? '';
    const asCron = spawnSync('sh', ['-c', line.replaceAll(String.raw`\%`, '%').replace('run --quiet', 'list --json')], {
      encoding: 'utf8',
      env: { ...account.env, PATH: '/usr/bin:/bin' },
    });
    expect(JSON.parse(asCron.stdout)).toHaveLength(1);
    expect(JSON.parse(pgbak('doctor', '--json').stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          level: 'ok',
          message: expect.stringMatching(/the crontab of this user starts pgbak/),
        }),
      ]),
    );

    // Somebody has installed another Node since.
    const dead = once.replaceAll(process.execPath, '/opt/node-18/bin/node');
    writeFileSync(account.folder.at('table'), dead);
    inNamespace('crontab', account.folder.at('table'));
    expect(JSON.parse(pgbak('doctor', '--json').stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          level: 'problem',
          message: expect.stringMatching(/the crontab of this user cannot start pgbak: there is no \/opt\/node-18/),
        }),
      ]),
    );
    pgbak('schedule', '--install', 'cron');
    expect(crontab()).toBe(once);
    // A line that was copied out of what `schedule` prints has no marks around it.
    writeFileSync(
      account.folder.at('table'),
      `${others}${dead.split('\n').find((text) => text.includes('exec')) ?? ''}\n`,
    );
    inNamespace('crontab', account.folder.at('table'));
    pgbak('schedule', '--install', 'cron');
    expect(crontab()).toBe(once);

    expect(pgbak('schedule', '--remove', 'cron').stdout).toMatch(/removed the line of pgbak from the crontab/);
    expect(crontab()).toBe(others);
    expect(pgbak('schedule', '--remove', 'cron').stdout).toMatch(/the crontab had no line of pgbak/);
  });

  test('systemd puts the units in place, never over foreign ones, and takes them out again', async () => {
    if (!mayMount) return;
    using account = await accountWithServer();
    const units = account.folder.at('units');
    const etc = account.folder.at('etc');
    mkdirSync(units);
    mkdirSync(etc);
    const pgbak = (...args: string[]) =>
      spawnSync(
        'unshare',
        [
          '-m',
          'sh',
          '-c',
          'mkdir -p /etc/systemd/system /etc/pgbak && mount --bind "$1" /etc/systemd/system && mount --bind "$2" /etc/pgbak && shift 2 && exec "$@"',
          'sh',
          units,
          etc,
          process.execPath,
          PGBAK,
          ...args,
        ],
        { encoding: 'utf8', env: account.env },
      );
    // The exit status depends on whether systemd runs on this machine: see below.
    expect(pgbak('schedule', '--install', 'systemd').stdout).toMatch(/wrote \/etc\/systemd\/system\/pgbak\.timer/);
    const timer = readFileSync(`${units}/pgbak.timer`, 'utf8');
    expect(pgbak('schedule', '--install', 'systemd').stdout).toMatch(/pgbak\.timer is as it should be/);
    expect(readFileSync(`${units}/pgbak.timer`, 'utf8')).toBe(timer);
    expect(pgbak('schedule', '--remove', 'systemd').stdout).toMatch(/removed \/etc\/systemd\/system\/pgbak\.service/);
    expect(existsSync(`${units}/pgbak.timer`)).toBe(false);

    writeFileSync(`${units}/pgbak.service`, '[Service]\nExecStart=/usr/bin/true\n');
    const refused = pgbak('schedule', '--install', 'systemd');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/was not written by pgbak schedule/);
    expect(readFileSync(`${units}/pgbak.service`, 'utf8')).toContain('/usr/bin/true');
  });
});

describe('the environment file of a schedule', () => {
  test('names the catalogue by its absolute path, and what else changes a run; a later install adds, and says so', async () => {
    if (!mayMount) return;
    using account = await accountWithServer();
    const etc = account.folder.at('etc');
    mkdirSync(etc);
    const install = (env: Record<string, string>) =>
      spawnSync(
        'unshare',
        [
          '-m',
          'sh',
          '-c',
          'mkdir -p /etc/pgbak /etc/systemd/system && mount --bind "$1" /etc/pgbak && mount -t tmpfs tmpfs /etc/systemd/system && shift && exec "$@"',
          'sh',
          etc,
          process.execPath,
          PGBAK,
          'schedule',
          '--install',
          'systemd',
        ],
        { encoding: 'utf8', cwd: account.folder.at('home'), env: { ...account.env, ...env } },
      );
    const file = () => readFileSync(`${etc}/environment`, 'utf8');
    const first = install({
      DB_PATH: 'catalog/backup.sqlite',
      XDG_DATA_HOME: '/data',
      PGSSLMODE: 'require',
      B2_APP_KEY: 'secret',
    });
    expect(first.stdout).toMatch(/wrote \/etc\/pgbak\/environment \(mode 0600\): DB_PATH, .*XDG_DATA_HOME, PGSSLMODE/);
    const here = account.catalogPath;
    expect(file()).toMatch(new RegExp(`^DB_PATH="${here}"$`, 'm'));
    expect(file()).toMatch(/^XDG_DATA_HOME="\/data"$/m);

    const again = install({
      DB_PATH: here,
      B2_APP_KEY: 'secret',
      PGSSLMODE: 'verify-full',
      HTTPS_PROXY: 'http://proxy.example:3128',
    });
    expect(again.stdout).toMatch(/exists already; added HTTPS_PROXY; .* another value .*: PGSSLMODE$/m);
    expect(again.stdout + first.stdout).not.toMatch(/verify-full|secret|3128/);
    expect(file()).toMatch(/^PGSSLMODE="require"$/m);
    expect(file()).toMatch(/^HTTPS_PROXY="http:\/\/proxy.example:3128"$/m);
  });
});
