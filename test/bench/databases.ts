import type { Cluster } from '../support/postgres/start-cluster.ts';

export interface BenchDatabase {
  name: string;
  what: string;
}

/** Two databases whose plain dumps have about `megabytes` each: rows of numbers as pgbench makes them, and documents. */
export async function createBenchDatabases(cluster: Cluster, megabytes: number): Promise<BenchDatabase[]> {
  await cluster.createDatabase('accounts');
  // About 100 bytes a row in a dump.
  await cluster.sql(
    'accounts',
    `create table pgbench_accounts as
       select n as aid, 1 + n / 100000 as bid, (random() * 10000)::int - 5000 as abalance, repeat(' ', 84)::char(84) as filler
       from generate_series(1, ${megabytes} * 8000) as n;
     create table pgbench_history as
       select (random() * 10)::int as tid, (random() * 10)::int as bid, (random() * 900000)::int as aid,
         (random() * 5000)::int as delta, '2026-11-24'::timestamp + n * interval '1 second' as mtime
       from generate_series(1, ${megabytes} * 3000) as n`,
  );
  await cluster.createDatabase('documents');
  // About 500 bytes a row: words in no order, and jsonb.
  await cluster.sql(
    'documents',
    `create table words as select n, w from unnest(string_to_array('the of customer order invoice shipment address payment
       refund product category supplier warehouse delivery returned pending confirmed cancelled and to in for with number
       price discount total monday tuesday wednesday thursday friday january february march april', ' ')) with ordinality as t(w, n);
     create table document as
       select d as id,
         (select string_agg(w, ' ') from (select w from words, generate_series(1, 2) where d > 0 order by random() limit 45) as x) as body,
         jsonb_build_object('id', d, 'key', md5(random()::text), 'tags', array['a' || d % 7, 'b' || d % 13],
           'price', round((random() * 1000)::numeric, 2), 'created', '2026-11-24'::timestamp + d * interval '1 minute') as data
       from generate_series(1, ${megabytes} * 2100) as d`,
  );
  return [
    { name: 'accounts', what: 'rows of numbers, as pgbench makes them' },
    { name: 'documents', what: 'text and jsonb' },
  ];
}
