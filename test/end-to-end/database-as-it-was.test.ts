import { expect, test } from '@jest/globals';
import { account, cluster, setTheScene } from './account-scene.ts';

setTheScene();

let count = 0;
const newName = () => `copy ${(count += 1)}`;

async function backUp(database: string, flags: Record<string, string | true> = {}): Promise<void> {
  await account.add({
    name: 'shop',
    'connection-string': cluster.url(database),
    destination: `file:${account.folder.at('backups')}`,
    'min-size': '1',
    ...flags,
  });
  expect(await account.results()).toMatchObject([{ status: 'success', warnings: [] }]);
}

const restore = (database: string, ...flags: string[]) =>
  account.pgbak('restore', 'shop', '--to', cluster.url(database), ...flags);

const madeAs = (database: string) =>
  cluster.sql(
    'postgres',
    `select pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider, daticulocale, datcollversion,
      pg_get_userbyid(datdba), datconnlimit, datacl, shobj_description(oid, 'pg_database'),
      (select spcname from pg_tablespace where oid = dattablespace),
      (select string_agg(setrole::regrole || ' ' || c, ' ' order by setrole, c)
        from pg_db_role_setting, unnest(setconfig) c where setdatabase = d.oid)
     from pg_database d where datname = '${database}'`,
  );

const ALPHABET = `create table word (w text); insert into word values ('z'), ('ä'), ('a'), ('B');
  create table part (w text) partition by range (w); create table part1 partition of part for values from ('a') to ('B');
  insert into part values ('a'), ('ä');
  create table letters (w text check (w ~ '^[[:alpha:]]+$')); insert into letters values ('größe')`;

test.each([
  ['an ICU locale', "encoding 'UTF8' locale_provider icu icu_locale 'de-DE' locale 'C.UTF-8'", ALPHABET],
  ['another ICU locale', "encoding 'UTF8' locale_provider icu icu_locale 'en-US' locale 'C.UTF-8'", ALPHABET],
  [
    'another LC_COLLATE than the cluster',
    "encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'",
    "create table letters (w text check (w ~ '^[[:alpha:]]+$')); insert into letters values ('größe')",
  ],
  [
    'the encoding LATIN1',
    "encoding 'LATIN1' locale 'C'",
    "create table tä (w text); insert into tä values ('größe'); create role jürgen; alter table tä owner to jürgen",
  ],
])('a database with %s comes back as it was', async (_what, options, content) => {
  const source = newName();
  await cluster.sql('postgres', `create database "${source}" template template0 ${options}`);
  await cluster.sql(source, content);
  for (const format of ['sql', 'binary']) {
    await backUp(source, { format });
    const target = newName();
    expect(await restore(target, '--create')).toMatchObject({ status: 0 });
    expect(await madeAs(target)).toBe(await madeAs(source));
    await account.pgbak('del', 'shop', '--yes');
  }
});

test('letters of a comment in UTF-8 stay, also where their numbers would be UTF-8 as bytes', async () => {
  const source = newName();
  await cluster.sql('postgres', `create database "${source}"; comment on database "${source}" is '»KÖ« Ã¼'`);
  await backUp(source);
  const target = newName();
  expect(await restore(target, '--create')).toMatchObject({ status: 0 });
  expect(await madeAs(target)).toBe(await madeAs(source));
});

test('owner, comment, privileges and settings of a database come back with it', async () => {
  const source = newName();
  await cluster.sql(
    'postgres',
    `create role keeper; create role reader; create database "${source}" owner keeper connection limit 7;
     comment on database "${source}" is 'It''s a "shop"';
     revoke connect on database "${source}" from public; grant connect on database "${source}" to reader with grant option;
     alter database "${source}" set search_path to "$user", public, "a ""b";
     alter database "${source}" set app.region to 'eu';
     alter database "${source}" set default_transaction_read_only to on;
     alter role reader in database "${source}" set work_mem to '8MB'`,
  );
  // The function that the constraint calls asks for a setting of the database.
  await cluster.sql(
    source,
    `set default_transaction_read_only to off;
     create function public.is_here(text) returns boolean language sql as $$ select $1 = current_setting('app.region') $$;
     create table public.place (region text check (public.is_here(region))); insert into public.place values ('eu');
     create transform for int language sql (from sql with function varchar_support(internal))`,
  );
  await backUp(source);
  // Onto itself too, though it is set to be read-only, and a transform is a part of nothing else.
  expect(await restore(source, '--clean', '--yes')).toMatchObject({ status: 0 });
  const target = newName();
  expect(await restore(target, '--create')).toMatchObject({ status: 0 });
  expect(await madeAs(target)).toBe(await madeAs(source));

  const other = newName();
  expect(await restore(other, '--create', '--globals')).toMatchObject({ status: 1 });
  await cluster.sql('postgres', `alter database "${source}" owner to postgres; drop owned by reader; drop role reader`);
  const without = newName();
  expect(await restore(without, '--create')).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(
      /left out: privileges of reader on it \(the target has no such role\)[\s\S]*left out: its setting work_mem \(the target has no role reader\)/,
    ),
  });
  expect(await madeAs(without)).toMatch(/\|keeper\|7\|.*It's a "shop"/);
});

test('a locale that the target lacks is told before anything is made, and a target made otherwise is warned of {gone@load}', async () => {
  const source = newName();
  await cluster.sql('postgres', `create database "${source}" template template0 encoding 'UTF8' locale 'C'`);
  await cluster.sql(source, 'create table t (n int)');
  await backUp(source);
  const { default: Database } = await import('better-sqlite3');
  const catalog = new Database(account.catalogPath);
  catalog
    .prepare(`update database_facts set facts = json_set(facts, '$.collate', 'de_AT.UTF-8', '$.ctype', 'de_AT.UTF-8')`)
    .run();
  catalog.close();
  const target = newName();
  expect(await restore(target, '--create')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(
      /made with UTF8, locale de_AT\.UTF-8, but the machine of .* has no locale de_AT\.UTF-8[\s\S]*locale-gen/,
    ),
  });
  expect(await madeAs(target)).toBe('');
  await cluster.sql('postgres', `create database "${target}"`);
  expect(await restore(target)).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(
      /was dumped has UTF8, locale de_AT\.UTF-8; this one has UTF8, locale C: texts may be sorted differently/,
    ),
  });
});
