import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { openSqlite } from '../../src/system/sqlite.ts';
import { archivesIn } from '../support/archives-in.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

const FOLDER = new URL('../../docs/json/', import.meta.url);
const COMMANDS = new URL('../../oclif.manifest.json', import.meta.url);

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table item as select n, md5(n::text) as t from generate_series(1, 1000) as n');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

const ajv = new Ajv();
const seen = new Set<string>();

/** Runs a command with `--json`; what stands on standard output must be one document that its published schema allows. */
async function conforming(schema: string, account: Account, ...args: string[]): Promise<unknown> {
  seen.add(schema);
  const { child, finished } = account.start([...args, '--json']);
  // It ends only when it is told to.
  if (args[0] === 'web') child.stdout?.once('data', () => child.kill('SIGINT'));
  const { stdout, stderr } = await finished;
  let document: unknown;
  try {
    document = JSON.parse(stdout);
  } catch {
    throw new Error(`pgbak ${args.join(' ')}: no JSON: ${stdout}\n${stderr}`);
  }
  const isValid = ajv.compile(JSON.parse(readFileSync(new URL(`${schema}.schema.json`, FOLDER), 'utf8')) as object);
  isValid(document);
  expect({ args, document, errors: isValid.errors }).toEqual({ args, document, errors: null });
  return document;
}

const isNull = (value: unknown) => value === null;

test('each command prints a document that its schema allows', async () => {
  using account = newAccount();
  const backups = account.folder.at('backups');
  const place = `file:${backups}`;
  const url = cluster.url('shop');
  const check = async (schema: string, ...args: string[]) => await conforming(schema, account, ...args);

  await check('error', 'list');
  const add = ['add', `--destination=${place}`, '--create-destination', '--min-size=1'];
  expect(await check('add', ...add, '--name=shop', `--connection-string=${url}`)).toEqual({ id: 1, name: 'shop' });
  await check('add', ...add, '--name=broken', '--connection-string=postgresql://127.0.0.1:1/nothing', '--no-check');
  await check('run', 'run', '--dry-run');
  const results = (await check('run', 'run', '--force')) as { results: Record<string, unknown>[] };
  expect(
    results.results.map(({ name, status, reason, size, objectId, error }) => [
      name,
      status,
      isNull(reason),
      isNull(size),
      isNull(objectId),
      isNull(error),
    ]),
  ).toEqual([
    ['shop', 'success', true, false, false, true],
    ['broken', 'failed', true, true, true, false],
  ]);
  const skipped = (await check('run', 'run', '--server=shop')) as { results: unknown[] };
  expect(skipped.results).toMatchObject([
    {
      status: 'skipped',
      reason: expect.stringMatching(/^not due before /),
      backupId: null,
      size: null,
      warnings: [],
      error: null,
    },
  ]);

  await check('list', 'list');
  await check('logs', 'logs');
  await check('logs', 'logs', '--id=1');
  await check('logs', 'logs', '--failed');
  await check('logs-trim', 'logs', '--trim', '--dry-run');
  await check('backups', 'backups');
  await check('backups', 'backups', '--remote', `--from=${place}`);
  await check('status', 'status');
  await check('doctor', 'doctor');
  await check('verify', 'verify', 'shop', '--level=remote');
  await check('verify', 'verify', 'shop', '--level=archive');
  await check('restore', 'restore', 'shop', `--output=${account.folder.at('shop.sql')}`);
  expect(await check('edit', 'edit', 'shop', '--keep-last=1', '--archive-password=secret')).toMatchObject({
    id: 1,
    name: 'shop',
  });
  await check('run', 'run', '--force', '--server=shop');
  await check('prune', 'prune', 'shop', '--dry-run');
  await check('prune', 'prune', 'shop');
  await check('schedule', 'schedule');
  await check('completion', 'completion', 'bash');
  await check('web', 'web', '--port=0');

  const nas = account.folder.at('nas');
  await check('destination-add', 'destination', 'add', 'nas', nas, '--create-destination');
  await check('destination-edit', 'destination', 'edit', 'nas', '--name=home');
  await check('destination-test', 'destination', 'test', 'home');
  await check('destination-list', 'destination', 'list');
  await check('destination-del', 'destination', 'del', 'home');

  await check('catalog-export', 'catalog', 'export', account.folder.at('copy.sqlite'));
  {
    using catalog = {
      database: openSqlite(account.catalogPath),
      [Symbol.dispose]: () => void catalog.database.close(),
    };
    catalog.database.exec("update backup_log set started_at = '2099-01-01T00:00:00.000Z' where success = '1'");
  }
  await check('catalog-retime', 'catalog', 'retime', '3', '--to=2026-01-01T00:00:00Z');
  await check('keep', 'keep', 'shop', '--note', 'before a migration', '--until', '2100-01-01');
  await check('keep', 'keep', 'shop', '--release');
  expect(await check('copy', 'copy', 'shop', '--to', `file:${account.folder.at('second')}`)).toHaveLength(1);
  expect(await check('copy', 'copy', 'shop')).toEqual([]);
  const whole = cluster.url('postgres');
  const elsewhere = [`--destination=file:${account.folder.at('whole')}`, '--create-destination', '--all-databases'];
  await check('add', 'add', '--name=main', `--connection-string=${whole}`, ...elsewhere);
  await check('run', 'run', 'main', '--force');
  await check('list', 'list', 'main');
  // The databases are there still, so that nothing of them is replaced.
  await check('restore-all-databases', 'restore', 'main', '--all-databases', '--to', whole);
  expect(await check('del', 'del', 'shop', '--yes')).toMatchObject({
    id: 1,
    archives: expect.arrayContaining([{ place, objectName: 'shop.sql.7z', count: 2 }]),
  });
  await check('catalog-rebuild', 'catalog', 'rebuild', `--from=${place}`);
  rmSync(join(backups, archivesIn(backups)[0] ?? ''));
  expect(await check('catalog-forget', 'catalog', 'forget', place, '--missing', '--yes')).toMatchObject({
    forgotten: 1,
  });

  for (const wrong of [
    ['run', 'nothing'],
    ['run', '--nothing'],
    ['restore', 'shop'],
    ['logs', '--id=99'],
    ['catalog', 'retime', '2'],
    ['completion'],
    ['nothing'],
  ]) {
    expect(await check('error', ...wrong)).toMatchObject({ error: { exitCode: 2 } });
  }

  const published = readdirSync(FOLDER).map((file) => file.replace('.schema.json', ''));
  expect([...seen].toSorted()).toEqual(published.toSorted());
  const { commands } = JSON.parse(readFileSync(COMMANDS, 'utf8')) as { commands: Record<string, { hidden?: boolean }> };
  const visible = Object.keys(commands).filter((id) => commands[id]?.hidden !== true);
  expect(visible.filter((id) => !seen.has(id.replace(':', '-')))).toEqual([]);
}, 180_000);
