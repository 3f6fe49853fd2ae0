/** What only newer PostgreSQL knows, by the major version that brought it. */
const SINCE: readonly [major: number, sql: string][] = [
  [
    14,
    String.raw`
      create function body_of_sql(a int) returns int language sql
        begin atomic select case when a > 0 then 1 else 0 end; select 'with a ; and \ in it'::text is null and a = 1; select 2; end;
      create procedure several() language sql begin atomic insert into plain values (1, 2); delete from plain where a = 1; end;
      create function "begin"(int) returns int language sql return $1 + 1;
      create type pairs as range (subtype = float8, multirange_type_name = many_pairs);
      create table ranges (a int4multirange, b many_pairs, c text compression pglz);
      insert into ranges values ('{[1,3), [7,9)}', '{[1.5,2.5]}', E'\\.\n\\! touch\t\\N');
      create statistics st_expression on (a % 2), (b % 3) from plain;
      create table listed (a int) partition by list (a); create table listed_1 partition of listed for values in (1, null);
    `,
  ],
  [
    15,
    `
      create table alone (a int, unique nulls not distinct (a));
      create view as_invoker with (security_invoker = true) as select * from plain;
      create publication some_rows for table plain (a, b) where (a > 1); create publication whole_schema for tables in schema ext;
      create sequence few as smallint; create unlogged sequence lost;
      grant set on parameter work_mem to ro;
      alter table plain add foreign key (a, b) references keyed (a, b) on delete set null (b);
    `,
  ],
  [
    16,
    `create table stored (a text storage external, b text storage main);
     create view json_words as select json_array(1, 2 returning jsonb) as a, json_object('k': 1) as b, '{}' is json as c;
     create collation rules (provider = icu, locale = 'und', rules = '&V << w <<< W');`,
  ],
  [
    17,
    `create view json_rows as select * from json_table('[{"a": 1}]', '$[*]' columns (a int path '$.a', o for ordinality)) t;
     create function on_login() returns event_trigger language plpgsql as 'begin end';
     create event trigger logged on login execute function on_login(); alter event trigger logged disable;
     create table counted (a int generated always as identity) partition by range (a);
     alter table plain alter b set statistics 0;`,
  ],
  [
    18,
    `create table computed (a int, b int generated always as (a * 2), c int generated always as (a * 3) stored);
     create table late (a int, constraint present not null a not valid, constraint unenforced check (a > 0) not enforced);
     create table spans (a int4range, b daterange, primary key (a, b without overlaps));
     create table points (a int4range, b daterange, foreign key (a, period b) references spans (a, period b));`,
  ],
];

/** A table for those of them that need one, and all that this major version knows. */
export function newerKinds(major: number): string {
  const known = SINCE.filter(([since]) => since <= major).map(([, sql]) => sql);
  return `create table keyed (a int, b int, primary key (a, b)); ${known.join('\n')}`;
}
