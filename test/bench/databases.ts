import type { Cluster } from '../support/postgres/start-cluster.ts';

export interface BenchDatabase {
  name: string;
  what: string;
}

/** Two databases whose plain dumps have about `megabytes` each. */
export async function createBenchDatabases(cluster: Cluster, megabytes: number): Promise<BenchDatabase[]> {
  await cluster.createDatabase('accounts');
  // A pgbench that has run for a while: half are its accounts, 103 bytes a row in a dump, half the history, 48 bytes.
  await cluster.sql(
    'accounts',
    `create table pgbench_accounts as
       select n as aid, 1 + n / 100000 as bid, (random() * 10000)::int - 5000 as abalance, repeat(' ', 84)::char(84) as filler
       from generate_series(1, ${megabytes} * 4900) as n;
     create table pgbench_history as
       select 1 + (random() * 300)::int as tid, 1 + (random() * 30)::int as bid, (random() * 3000000)::int as aid,
         (random() * 10000)::int - 5000 as delta, '2026-11-24'::timestamp + n * interval '1.7 milliseconds' as mtime,
         null::char(22) as filler
       from generate_series(1, ${megabytes} * 10500) as n`,
  );
  await cluster.createDatabase('documents');
  // Orders with the way of their parcels: 3.1 kB a row, a tenth of it text, the rest jsonb, which PostgreSQL keeps compressed.
  await cluster.sql(
    'documents',
    `create table words as select n, w from unnest(string_to_array('the of customer order invoice shipment address payment
       refund product category supplier warehouse delivery returned pending confirmed cancelled and to in for with number
       price discount total monday tuesday wednesday thursday friday january february march april', ' ')) with ordinality as t(w, n);
     create table document as
       select d as id,
         (select string_agg(w, ' ') from (select w from words, generate_series(1, 2) where d > 0 order by random() limit 45) as x) as body,
         jsonb_build_object(
           'order', gen_random_uuid(), 'status', (array['pending', 'paid', 'shipped', 'returned'])[1 + d % 4],
           'created', '2026-11-24'::timestamptz + d * interval '1 minute',
           'customer', jsonb_build_object('id', (random() * 100000)::int, 'name', 'Customer ' || d % 9973,
             'email', 'c' || d % 9973 || '@example.org', 'country', (array['DE', 'FR', 'US', 'IN', 'BR'])[1 + d % 5]),
           'items', (select jsonb_agg(jsonb_build_object('sku', 'SKU-' || (random() * 5000)::int,
             'quantity', 1 + (random() * 9)::int, 'price', round((random() * 1000)::numeric, 2), 'category', w))
             from generate_series(1, 3 + d % 5) as i join words on n = 1 + (i + d) % 30),
           'tracking', (select jsonb_agg(jsonb_build_object('at', '2026-11-24'::timestamp + d * interval '1 minute' + i * interval '97 seconds',
             'lat', round((45 + random() * 10)::numeric, 5), 'lon', round((5 + random() * 10)::numeric, 5),
             'km', (random() * 300)::int)) from generate_series(1, 20 + d % 20) as i),
           'tags', array['a' || d % 7, 'b' || d % 13], 'gift', d % 9 = 0) as data
       from generate_series(1, ${megabytes} * 320) as d`,
  );
  return [
    { name: 'accounts', what: 'rows of numbers, as pgbench makes them' },
    { name: 'documents', what: 'text and jsonb' },
  ];
}
