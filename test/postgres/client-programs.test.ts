import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { findClientPrograms, parseClientVersion, parseServerVersion } from '../../src/postgres/client-programs.ts';
import { matchVersion } from '../../src/postgres/match-version.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();

/** A directory whose pg_dump is a script that tells a version. */
function installation(folder: TemporaryFolder, name: string, version: string): string {
  const directory = folder.at(name);
  mkdirSync(directory);
  for (const program of ['pg_dump', 'psql']) {
    writeFileSync(`${directory}/${program}`, `#!/bin/sh\necho "${program} (PostgreSQL) ${version}"\n`, { mode: 0o755 });
  }
  return directory;
}

const find = (searchPath: string, override?: string) => findClientPrograms({ override, searchPath, signal });

describe('pg_dump is looked for', () => {
  test('on PATH, each installation once, and what does not run is passed over', async () => {
    using folder = temporaryFolder();
    const first = installation(folder, 'first', '14.20');
    const broken = installation(folder, 'broken', '15.1');
    writeFileSync(`${broken}/pg_dump`, '#!/bin/sh\nexit 127\n');
    const foreign = installation(folder, 'foreign', '16.1');
    writeFileSync(`${foreign}/pg_dump`, '#!/bin/sh\necho "something else 3.4"\n');
    const plain = installation(folder, 'plain', '16.1');
    chmodSync(`${plain}/pg_dump`, 0o644);
    symlinkSync(first, folder.at('again'));
    const path = [first, 'relative', '', broken, foreign, plain, folder.at('again'), folder.at('missing')].join(':');
    const found = (await find(path)).filter(({ directory }) => directory.startsWith(folder.path));
    expect(found).toEqual([
      { directory: first, version: { major: 14, text: '14.20' }, pgDump: `${first}/pg_dump`, psql: `${first}/psql` },
    ]);
  });

  test("past Debian's wrapper, which picks a version by rules of its own", async () => {
    using folder = temporaryFolder();
    const directory = installation(folder, 'wrapped', '99.1');
    writeFileSync(folder.at('pg_wrapper'), '#!/bin/sh\necho "pg_dump (PostgreSQL) 98.1"\n', { mode: 0o755 });
    const { rmSync } = await import('node:fs');
    rmSync(`${directory}/pg_dump`);
    symlinkSync(folder.at('pg_wrapper'), `${directory}/pg_dump`);
    expect((await find(directory)).map(({ version }) => version.major)).not.toContain(98);
  });

  test('nowhere but in PGBAK_PG_BIN where that is set', async () => {
    using folder = temporaryFolder();
    const directory = installation(folder, 'chosen', '13.4');
    expect((await find('/usr/bin', directory)).map(({ pgDump }) => pgDump)).toEqual([`${directory}/pg_dump`]);
    await expect(find('/usr/bin', folder.path)).rejects.toThrow(/where there is no pg_dump$/);
    writeFileSync(folder.at('pg_dump'), '#!/bin/sh\necho no version\n', { mode: 0o755 });
    await expect(find('/usr/bin', folder.path)).rejects.toThrow(/does not print its version: its output is not a/);
  });
});

describe('for a server is taken', () => {
  const programs = (...majors: number[]) =>
    majors.map((major) => ({
      directory: `/opt/${major}`,
      version: { major, text: `${major}.3` },
      pgDump: `/opt/${major}/pg_dump`,
      psql: undefined,
    }));
  const server = (major: number) => ({ major, text: `${major}.2` });

  test.each([
    [15, [13, 14, 15, 16], 15],
    [15, [18, 17, 13], 17],
    [12, [13, 12], 12],
  ])('of PostgreSQL %i and pg_dumps %j the one of %i', (major, found, expected) => {
    expect(matchVersion('shop', server(major), programs(...found)).version.major).toBe(expected);
  });

  test('never an older one {gone@dump}', () => {
    expect(() => matchVersion('shop', server(17), programs(15, 14))).toThrow(
      'server shop is PostgreSQL 17.2, and the newest pg_dump here is 15.3',
    );
    expect(() => matchVersion('shop', server(17), [])).toThrow(/and no pg_dump was found$/);
  });
});

describe('a version', () => {
  test.each([
    ['pg_dump (PostgreSQL) 17.2 (Debian 17.2-1.pgdg120+1)', 17],
    ['pg_dump (PostgreSQL) 9.6.24', 9],
    ['pg_dump (PostgreSQL) 18beta1', 18],
  ])('is read from "%s"', (text, major) => {
    expect(parseClientVersion(text)?.major).toBe(major);
  });

  test('of a server is its number', () => {
    expect(parseServerVersion('170002', '17.2 (Debian)').major).toBe(17);
  });
});
