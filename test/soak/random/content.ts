import type { Cluster } from '../../support/postgres/start-cluster.ts';
import type { Chance } from './chance.ts';

/** What a database holds, in one line: its version, and the number and the sum of its rows. */
const FINGERPRINT = `
  select concat_ws(' ',
    (select n from version),
    (select count(*) from item),
    (select md5(string_agg(id || ':' || text, ',' order by id)) from item),
    (select count(*) from pg_catalog.pg_class where relkind in ('r', 'v') and relnamespace = 'public'::regnamespace))`;

/** Text that no compression makes small, and other text at every call. */
const ROWS = (count: number) => `
  insert into item (text)
  select (select string_agg(md5(random()::text || n || i), '') from generate_series(1, 20) as i)
  from generate_series(1, ${count}) as n`;

export async function fillDatabase(cluster: Cluster, database: string, rowCount: number): Promise<void> {
  await cluster.createDatabase(database);
  await cluster.sql(
    database,
    `create table version (n int not null);
     insert into version values (1);
     create table item (id int generated always as identity primary key, text text not null);
     ${ROWS(rowCount)}`,
  );
}

export async function fingerprintOf(cluster: Cluster, database: string): Promise<string> {
  return await cluster.sql(database, FINGERPRINT);
}

/** The SQL of an edit of one kind or another, all of it one transaction. */
export function editOf(chance: Chance, step: number): string {
  const edits = [
    ROWS(chance.between(1, 40)),
    `delete from item where id % ${chance.between(5, 30)} = 0`,
    `update item set text = reverse(text) where id % ${chance.between(2, 9)} = 0`,
    `create table extra_${step} as select generate_series(1, 100) as n`,
    `create or replace view newest_${step} as select max(id) as id from item`,
  ];
  return `begin; update version set n = n + 1; ${chance.oneOf(edits) ?? ''}; commit`;
}
