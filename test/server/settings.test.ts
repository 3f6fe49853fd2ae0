import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readEnvironment } from '../../src/server/environment.ts';
import { parseServerInput } from '../../src/server/server-form.ts';
import { Secret } from '../../src/core/secret.ts';
import { resolveSettings } from '../../src/server/settings.ts';
import { resolvePingUrls } from '../../src/server/ping-urls.ts';
import { attempt, ConfigError } from '../../src/core/errors.ts';
import { serverRecord } from '../support/server-record.ts';

const directory = mkdtempSync(join(tmpdir(), 'pgbak-test-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));

const b2Variables = { B2_KEY_ID: 'key-id', B2_APP_KEY: 'app-key', B2_BUCKET: 'bucket' };

function problemOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

describe('settings', () => {
  test('come from the record first, then from the environment, each on its own', () => {
    const environment = readEnvironment({ ...b2Variables, ARCHIVE_PASSWORD: 'from environment' });
    const server = serverRecord({ destinations: ['b2'], b2Bucket: 'own-bucket' });
    const settings = resolveSettings(server, environment);
    expect(settings.destination).toMatchObject({ kind: 'b2', bucket: 'own-bucket' });
    expect(settings.destination.kind === 'b2' && settings.destination.keyId.reveal()).toBe('key-id');
    expect(settings.archivePassword?.reveal()).toBe('from environment');
    const own = resolveSettings({ ...server, archivePassword: new Secret('own') }, environment);
    expect(own.archivePassword?.reveal()).toBe('own');
  });

  test('take format and compression of one run before those of the record', () => {
    const server = serverRecord({ format: 'sql', compression: 'lzma2:1' });
    const settings = resolveSettings(server, readEnvironment({}), { format: 'binary', compression: 'zstd:3' });
    expect(settings).toMatchObject({
      format: 'binary',
      compression: { method: 'zstd', level: 3 },
      compressionText: 'zstd:3',
    });
    expect(resolveSettings(server, readEnvironment({}), {})).toMatchObject({
      format: 'sql',
      compressionText: 'lzma2:1',
    });
  });

  test('refuse an ARCHIVE_PASSWORD that is empty where it would count {secret@connect}', () => {
    const environment = readEnvironment({ ARCHIVE_PASSWORD: '' });
    expect(problemOf(() => resolveSettings(serverRecord({ archivePassword: undefined }), environment))).toBe(
      'ARCHIVE_PASSWORD is set, but empty: the archive would not be encrypted',
    );
    const own = serverRecord({ archivePassword: new Secret('own') });
    expect(resolveSettings(own, environment).archivePassword?.reveal()).toBe('own');
  });

  test('name every B2 setting that is missing, instead of keeping backups on the local disk', () => {
    const server = serverRecord({ destinations: [], b2Bucket: 'bucket' });
    const problem = problemOf(() => resolveSettings(server, readEnvironment({ B2_KEY_ID: '' })));
    expect(problem).toContain('B2_KEY_ID');
    expect(problem).toContain('B2_APP_KEY');
    expect(problem).not.toContain('B2_BUCKET');
  });

  test('tell everything that is wrong at once', () => {
    const server = serverRecord({
      connectionString: new Secret('env:NOWHERE'),
      compression: 'lzma2:99',
      destinations: ['ftp://x'],
    });
    const problem = problemOf(() => resolveSettings(server, readEnvironment({})));
    expect(problem).toContain('NOWHERE');
    expect(problem).toContain('the compression must be');
    expect(problem).toContain('the destination must be b2, s3:BUCKET, a directory, or a remote of rclone');
  });

  test('follow env: and file: references when used', () => {
    const path = join(directory, 'password');
    writeFileSync(path, 'first line ä\r\nsecond line\n');
    const server = serverRecord({
      connectionString: new Secret('env:SHOP_URL'),
      archivePassword: new Secret(`file:${path}`),
    });
    const settings = resolveSettings(server, readEnvironment({ SHOP_URL: 'postgresql://x/y' }));
    expect(settings.connectionString.reveal()).toBe('postgresql://x/y');
    expect(settings.archivePassword?.reveal()).toBe('first line ä');
  });

  test.each([
    ['env:UNSET', 'UNSET, which is not set'],
    ['env:EMPTY', 'EMPTY, which is not set'],
    ['file:relative', 'must begin with /'],
    ['file:/nowhere/at/all', 'does not exist'],
    [`file:${directory}`, 'is a directory'],
    ['file:/dev/null', 'first line is empty'],
  ])('refuse the reference %s by name', (reference, reason) => {
    const server = serverRecord({ archivePassword: new Secret(reference) });
    expect(problemOf(() => resolveSettings(server, readEnvironment({ EMPTY: '' })))).toContain(reason);
  });

  test('take a plain path for a directory, in a flag and in the environment', () => {
    expect(parseServerInput({ destinations: ['/srv/backups'] })).toEqual({ destinations: ['file:/srv/backups'] });
    const environment = readEnvironment({ PGBAK_DESTINATION: '/srv/elsewhere' });
    const { destination } = resolveSettings(serverRecord({ destinations: [] }), environment);
    expect(destination).toEqual({ kind: 'directory', path: '/srv/elsewhere' });
    expect(() => parseServerInput({ destinations: ['srv/backups'] })).toThrow('must be b2, s3:BUCKET');
    // A directory that is there, and one below the home directory, were certainly meant as such.
    expect(() => parseServerInput({ destinations: ['~/backups'] })).toThrow('"~/backups" must begin with /');
    expect(parseServerInput({ destinations: ['test'] })).toEqual({ destinations: ['test'] });
    const byName = attempt(() => resolveSettings(serverRecord({ destinations: ['test'] }), environment));
    expect(byName).toMatchObject({
      message: 'there is no destination of that name',
      hint: `If the directory is meant: --destination file:${resolve('test')}`,
    });
  });

  test('use PGBAK_DESTINATION where the record names no destination', () => {
    const environment = readEnvironment({ PGBAK_DESTINATION: 'file:///srv/elsewhere/' });
    const { destination } = resolveSettings(serverRecord({ destinations: [] }), environment);
    expect(destination).toEqual({ kind: 'directory', path: '/srv/elsewhere' });
  });
});

describe('ping URLs', () => {
  test('survive a reference that leads nowhere, which becomes a problem to tell', () => {
    const server = serverRecord({
      hcUrlStart: new Secret('env:NOWHERE'),
      hcUrlFail: new Secret('https://hc.example/fail'),
    });
    const { urls, problems } = resolvePingUrls(server, readEnvironment({}));
    expect(urls.fail?.reveal()).toBe('https://hc.example/fail');
    expect(urls.start).toBeUndefined();
    expect(problems).toEqual([expect.stringContaining('NOWHERE')]);
  });
});

describe('BACKUP_TIMEOUT_SEC', () => {
  test.each(['0', '-5', '1.5', 'soon', '99999999999', '0x10'])('may not be "%s"', (value) => {
    expect(problemOf(() => readEnvironment({ BACKUP_TIMEOUT_SEC: value }))).toContain('BACKUP_TIMEOUT_SEC');
  });

  test('is four hours unless set', () => {
    expect(readEnvironment({}).dumpTimeoutMs).toBe(14_400_000);
    expect(readEnvironment({ BACKUP_TIMEOUT_SEC: '90' }).dumpTimeoutMs).toBe(90_000);
  });
});

describe('PGBAK_TMP_LIMIT', () => {
  const limitOf = (value: string) => readEnvironment({ PGBAK_TMP_LIMIT: value }).temporaryLimitBytes;

  test.each([
    ['', 2 * 1024 ** 3],
    ['500000000', 500_000_000],
    ['64M', 64 * 1024 ** 2],
    ['10g', 10 * 1024 ** 3],
    ['1 GiB', 1024 ** 3],
    ['1TB', 1024 ** 4],
  ])('"%s" is %i bytes', (value, bytes) => {
    expect(limitOf(value)).toBe(bytes);
  });

  test.each(['12 apples', '63M', '0', '-5G', '1.5G', '1e12', '100000000T'])('"%s" cannot be meant', (value) => {
    expect(problemOf(() => limitOf(value))).toBe('PGBAK_TMP_LIMIT is no size of 64M or more');
  });
});
