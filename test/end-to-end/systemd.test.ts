import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { startB2Server } from '../support/b2-server/start.ts';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { mayRunSystemd, runService } from '../support/systemd.ts';

const isRoot = process.getuid?.() === 0;

/** What is the most that `systemd-analyze security` may say, where 10 is the worst. */
const MOST_EXPOSED = 3;

function serviceFor(account: Account, uid: number): string {
  const words = ['setpriv', `--reuid=${uid}`, '--clear-groups', process.execPath, PGBAK, 'schedule', '--json'];
  const output = execFileSync('env', words, { encoding: 'utf8', env: account.env });
  return String(Object(JSON.parse(output)).service);
}

describe('the systemd service', () => {
  test.each([
    ['root', 0],
    ['a user', 12_345],
  ])('of %s is hardly exposed, and systemd takes every line of it', (_who, uid) => {
    if (!isRoot || spawnSync('systemd-analyze', ['--version']).status !== 0) {
      process.stderr.write('NOTICE: not root or no systemd-analyze, so that the exposure was not measured\n');
      return;
    }
    using account = newAccount();
    chownSync(account.folder.at('home'), uid, uid);
    const unit = account.folder.at('pgbak.service');
    writeFileSync(unit, serviceFor(account, uid));
    const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    expect({ status: verified.status, stderr: verified.stderr }).toEqual({ status: 0, stderr: '' });
    const analyze = ['security', '--offline=true', '--no-pager', unit];
    const { stdout } = spawnSync('systemd-analyze', analyze, { encoding: 'utf8' });
    expect(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThanOrEqual(MOST_EXPOSED);
  });

  test('of a user who may make no namespaces asks for none, and says what is left out', () => {
    using account = newAccount();
    const programs = account.folder.at('programs');
    mkdirSync(programs);
    writeFileSync(`${programs}/unshare`, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    account.env['PATH'] = `${programs}:${account.env['PATH'] ?? ''}`;
    if (isRoot) chownSync(account.folder.at('home'), 12_345, 12_345);
    const service = serviceFor(account, isRoot ? 12_345 : (process.getuid?.() ?? 0));
    const lines = service.split('\n');
    // Each of these needs a namespace, or a right that a user's manager has in one alone.
    const needsOne = /^(?:Private|Protect|ReadWritePaths|CapabilityBoundingSet)/;
    expect(lines.filter((line) => needsOne.test(line))).toEqual([]);
    expect(service).toMatch(/^# This machine lets no user make namespaces.*Left out:$/m);
    expect(lines).toEqual(
      expect.arrayContaining(['NoNewPrivileges=yes', '# ProtectSystem=strict', '# PrivateUsers=yes']),
    );
  });

  test('of root dumps, stores in B2 and in a directory, and restores into a throwaway server to verify', async () => {
    if (!mayRunSystemd) {
      process.stderr.write('NOTICE: no systemd can be run here, so that the service was not tried in it\n');
      return;
    }
    await using cluster = await startCluster();
    await cluster.createDatabase('shop');
    await cluster.sql('shop', 'create table orders as select generate_series(1, 1000) as n');
    await using server = await startB2Server();
    server.createBucket('pgbak-bucket');
    const { id, key } = server.masterKey;
    using account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
    mkdirSync(account.folder.at('backups'));
    const flags = { 'connection-string': cluster.url('shop'), 'verify-after': 'restore', 'min-size': 1 };
    await account.add({ ...flags, name: 'remote', destination: 'b2' });
    await account.add({ ...flags, name: 'local', destination: `file:${account.folder.at('backups')}` });

    const variables = Object.entries(account.env).map(([name, value]) => `${name}="${value}"\n`);
    const { status, output } = await runService(account.folder, serviceFor(account, 0), variables.join(''));
    expect({ status, output }).toEqual({ status: 0, output: '' });
    expect(await account.json('logs', 'remote')).toMatchObject([{ success: true }]);
    expect(await account.json('logs', 'local')).toMatchObject([{ success: true }]);
    expect(server.versions('pgbak-bucket').length).toBeGreaterThan(0);
    expect(readdirSync(account.folder.at('backups')).length).toBeGreaterThan(0);
    expect(readdirSync(account.temporary)).toEqual([]);
  }, 300_000);
});
