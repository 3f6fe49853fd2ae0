import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { archivesIn } from '../support/archives-in.ts';
import { eventually } from '../support/eventually.ts';
import { newAccount } from '../support/pgbak.ts';
import { contentsOf, createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { installedSevenZip } from '../support/seven-zip.ts';

let source: Cluster;
let target: Cluster;
beforeAll(async () => {
  [source, target] = await Promise.all([startCluster(), startCluster()]);
  await createSampleDatabase(source, 'shop');
  await source.sql(
    'shop',
    String.raw`create role "the ""owner""" login password 'hers; -- '' \ "x"'; create role reader;
      grant reader to "the ""owner"""; alter role reader set work_mem = '8MB'; alter role reader in database shop set statement_timeout = '7s';
      comment on role reader is E'line; one\nline ''two'' \\';
      alter table customer owner to "the ""owner"""; grant select on customer to reader;
      alter database shop owner to "the ""owner"""; grant connect on database shop to reader; revoke temporary on database shop from public;
      alter database shop set search_path to "$user", public, "Größe & Maß"; alter database shop set timezone = 'Asia/Tokyo';
      comment on database shop is 'a ''shop'''; alter database shop connection limit 17;`,
  );
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const ABOUT = (name: string) => `
  select datname = '${name}', pg_get_userbyid(datdba), datconnlimit, shobj_description(oid, 'pg_database'),
    (select string_agg(coalesce(pg_get_userbyid(nullif(grantee, 0)), 'public') || ' ' || privilege_type, ',' order by grantee::regrole::text, privilege_type)
      from aclexplode(datacl)),
    (select string_agg(setrole::regrole || ' ' || setting, ',' order by setrole::regrole::text, setting)
      from pg_db_role_setting, unnest(setconfig) as setting where setdatabase = d.oid)
  from pg_database d where datname = '${name}'`;
const ROLES = `select a.rolname, a.rolcanlogin, r.rolconfig, a.rolpassword, shobj_description(a.oid, 'pg_authid') from pg_authid a join pg_roles r using (oid)
  where a.rolname in ('the "owner"', 'reader') order by 1`;

test.each(['sql', 'binary'])(
  'with --include-globals a %s backup brings roles and settings to a new server',
  async (format) => {
    using account = newAccount();
    const directory = account.folder.at('backups');
    await account.add({
      name: 'shop',
      'connection-string': source.url('shop'),
      destination: `file:${directory}`,
      'archive-password': 'a secret',
      'include-globals': true,
      format,
    });
    // pg_dumpall writes texts as its session reads them.
    if (format === 'binary') await source.sql('postgres', 'alter role postgres set standard_conforming_strings = off');
    expect(await account.pgbak('run')).toMatchObject({ status: 0 });
    await source.sql('postgres', 'alter role postgres reset all');
    const name = `restored_${format}`;
    const to = ['restore', 'shop', '--create', '--to', target.url(name)];
    if (format === 'sql') {
      const refused = await account.pgbak(...to);
      expect(refused).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(
          /roles that the server lacks: reader, the "owner"; create them first, or use --globals/,
        ),
      });
      expect(refused.stderr).toMatch(/role "the ""owner"""|role "the "owner"" does not exist/);
    }
    const before = await target.sql('postgres', "select rolpassword from pg_authid where rolname = 'postgres'");
    expect(await account.pgbak(...to, '--globals')).toMatchObject({ status: 0 });
    expect(await contentsOf(target, name)).toBe(await contentsOf(source, 'shop'));
    expect(await target.sql('postgres', ABOUT(name))).toBe(await source.sql('postgres', ABOUT('shop')));
    expect(await target.sql('postgres', ROLES)).toBe(await source.sql('postgres', ROLES));
    // A role that is there keeps its password.
    expect(await target.sql('postgres', "select rolpassword from pg_authid where rolname = 'postgres'")).toBe(before);

    // By hand there are two files in the archive.
    const [archive = ''] = archivesIn(directory);
    const { file } = await installedSevenZip();
    const listing = execFileSync(file, ['l', '-ba', '-slt', '-pa secret', `${directory}/${archive}`], {
      encoding: 'utf8',
    });
    expect([...listing.matchAll(/^Path = (.*)$/gm)].map(([, path]) => path)).toEqual([
      'shop.globals.sql',
      format === 'sql' ? 'shop.sql' : 'shop.bin',
    ]);
  },
);

test('a backup without globals says so before anything is made', async () => {
  using account = newAccount();
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({ name: 'shop', 'connection-string': source.url('shop'), destination });
  await account.pgbak('run');
  expect(await account.pgbak('restore', 'shop', '--create', '--globals', '--to', target.url('never'))).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/this backup holds no roles and no settings/),
  });
  expect(await target.sql('postgres', "select count(*) from pg_database where datname = 'never'")).toBe('0');
});

test('a role that may not read passwords leaves them out', async () => {
  await source.createDatabase('plain');
  await source.sql(
    'plain',
    "create role modest login password 'modest'; create table t (n int); grant select on t to modest",
  );
  using account = newAccount();
  await account.add({
    name: 'plain',
    'connection-string': source.url('plain', { user: 'modest', password: 'modest' }),
    destination: `file:${account.folder.at('backups')}`,
    'include-globals': true,
    'min-size': 1,
  });
  expect(await account.results()).toMatchObject([{ status: 'success' }]);
  const [archive = ''] = archivesIn(account.folder.at('backups'));
  const { file } = await installedSevenZip();
  const args = ['x', '-so', account.folder.at('backups', archive), 'plain.globals.sql'];
  const globals = execFileSync(file, args, { encoding: 'utf8' });
  expect(globals).toMatch(/CREATE ROLE modest;/);
  expect(globals).not.toMatch(/PASSWORD|SCRAM/);
});

test('roles are all made or none, and stay where a tablespace cannot be made {locked@load, refused@load}', async () => {
  await source.createDatabase('spread');
  const directory = `${source.socketDirectory}/fast`;
  await source.sql('spread', `copy (select 1) to program 'mkdir ${directory}; cat > /dev/null'`);
  await source.sql('spread', `create tablespace fast location '${directory}'`);
  await source.sql(
    'spread',
    `create role spread_first login password 'one'; create role chief superuser login password 'two';
     create table t as select 1`,
  );
  using account = newAccount();
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({
    name: 'spread',
    'connection-string': source.url('spread'),
    destination,
    'include-globals': true,
    'min-size': 1,
  });
  await account.results();
  await source.sql('spread', 'drop tablespace fast');
  const again = (role = target.superuser, ...flags: string[]) =>
    account.pgbak('restore', 'spread', '--create', '--globals', '--to', target.url('spread', role), ...flags);
  const made = () =>
    target.sql(
      'postgres',
      `select string_agg(rolname || rolcanlogin || rolsuper || (rolpassword is not null), ',' order by rolname)
       from pg_authid where rolname in ('chief', 'spread_first')`,
    );
  // This one may create a role, and not give it what it had.
  await target.sql('postgres', "create role junior login createdb createrole password 'junior'");
  expect(await again({ user: 'junior', password: 'junior' })).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/the roles of the backup could not be created, and nothing was changed or restored/),
  });
  expect(await made()).toBe('');
  const locking = target
    .sql('postgres', 'begin; lock table pg_authid in share mode; select pg_sleep(60)')
    .catch(() => undefined);
  const ofPgSleep = "from pg_stat_activity where wait_event = 'PgSleep'";
  await eventually('a lock', async () => (await target.sql('postgres', `select 1 ${ofPgSleep}`)) === '1', 20_000);
  expect(await again(target.superuser, '--lock-wait-sec', '1')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/nothing was changed or restored: .*lock timeout.*\n.*--lock-wait-sec/),
  });
  await target.sql('postgres', `select pg_terminate_backend(pid) ${ofPgSleep}`);
  await locking;
  expect(await made()).toBe('');
  // A server that quotes every name has the same roles.
  await target.sql('postgres', 'alter role postgres set quote_all_identifiers = on');
  // The other cluster has it by then, and its files are in the way.
  await source.sql('spread', `copy (select 1) to program 'rmdir ${directory}; cat > /dev/null'`);
  expect(await again()).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /a tablespace could not be created, and nothing was restored \(the roles .* created\).*\n.*Make the directory .*fast/,
    ),
  });
  expect(await made()).toBe('chieftruetruetrue,spread_firsttruefalsetrue');
  expect(await target.sql('postgres', "select count(*) from pg_database where datname = 'spread'")).toBe('0');
});
