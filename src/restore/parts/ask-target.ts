import { ProgramError } from '../../core/errors.ts';
import type { Database } from '../../postgres/database.ts';
import { nameOf, type TocEntry } from '../../postgres/dump-toc/read-toc.ts';
import { quoteJson } from '../../postgres/quote.ts';

const RELATION = `exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relname = w.name and n.nspname = w.schema)`;
const TYPE = `exists (select from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    where t.typname = w.name and n.nspname = w.schema)`;
/** Compares signatures as pg_dump writes them (format_function_signature), which needs an empty search_path. */
const ROUTINE = `exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = w.schema and w.name = p.proname || '(' || coalesce((select pg_catalog.string_agg(
      pg_catalog.format_type(a.type, null), ', ' order by a.nr)
      from pg_catalog.unnest(p.proargtypes) with ordinality a(type, nr)), '') || ')')`;
const inSchema = (catalog: string, prefix: string) =>
  `exists (select from pg_catalog.${catalog} o join pg_catalog.pg_namespace n on n.oid = o.${prefix}namespace
    where o.${prefix}name = w.name and n.nspname = w.schema)`;
const anywhere = (catalog: string, column: string) =>
  `exists (select from pg_catalog.${catalog} o where o.${column} = w.name)`;

/** How to ask whether an object of a kind exists. An object of another kind counts as missing. */
const CONDITIONS: Readonly<Record<string, string>> = {
  TABLE: RELATION,
  'FOREIGN TABLE': RELATION,
  VIEW: RELATION,
  'MATERIALIZED VIEW': RELATION,
  SEQUENCE: RELATION,
  TYPE,
  DOMAIN: TYPE,
  'SHELL TYPE': TYPE,
  FUNCTION: ROUTINE,
  PROCEDURE: ROUTINE,
  AGGREGATE: ROUTINE,
  SCHEMA: anywhere('pg_namespace', 'nspname'),
  EXTENSION: anywhere('pg_extension', 'extname'),
  PUBLICATION: anywhere('pg_publication', 'pubname'),
  'PROCEDURAL LANGUAGE': anywhere('pg_language', 'lanname'),
  'ACCESS METHOD': anywhere('pg_am', 'amname'),
  'FOREIGN DATA WRAPPER': anywhere('pg_foreign_data_wrapper', 'fdwname'),
  SERVER: anywhere('pg_foreign_server', 'srvname'),
  COLLATION: inSchema('pg_collation', 'coll'),
  CONVERSION: inSchema('pg_conversion', 'con'),
  OPERATOR: inSchema('pg_operator', 'opr'),
  'OPERATOR CLASS': inSchema('pg_opclass', 'opc'),
  'OPERATOR FAMILY': inSchema('pg_opfamily', 'opf'),
  'TEXT SEARCH CONFIGURATION': inSchema('pg_ts_config', 'cfg'),
  'TEXT SEARCH DICTIONARY': inSchema('pg_ts_dict', 'dict'),
  'TEXT SEARCH PARSER': inSchema('pg_ts_parser', 'prs'),
  'TEXT SEARCH TEMPLATE': inSchema('pg_ts_template', 'tmpl'),
};

/** Finds entries that a database already has, by kind and name. */
export async function whatIsThere(entries: readonly TocEntry[], target: Database): Promise<Set<TocEntry>> {
  const found = new Set<TocEntry>();
  const cases = Object.entries(CONDITIONS).map(([kind, condition]) => `when '${kind}' then ${condition}`);
  const asked = entries.filter(({ kind }) => kind in CONDITIONS);
  await inBatches(asked, async (batch) => {
    const wanted = batch.map(({ kind, schema, name }, nr) => ({ nr, kind, schema, name }));
    const rows = await target.ask(`select w.nr
      from pg_catalog.json_to_recordset(${quoteJson(wanted)})
        as w(nr int, kind text, schema text, name text)
      where case w.kind ${cases.join('\n')} end`);
    for (const [nr] of rows) {
      const entry = batch[Number(nr)];
      if (entry !== undefined) found.add(entry);
    }
  });
  return found;
}

/** Names per query, so that queries stay small: a name and its schema take up to 64 bytes each. */
const BATCH = 400;

/** Passes on as many at once as one query can name. */
async function inBatches<T>(all: readonly T[], take: (batch: readonly T[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += BATCH) await take(all.slice(at, at + BATCH));
}

/** A sequence of the target that is further than in the dump. */
export interface SequenceAhead {
  entry: TocEntry;
  /** For the plan: the sequence stays, and why. */
  note: string;
}

/** `SELECT pg_catalog.setval('public.orders_id_seq', 41, true);` as pg_dump writes it. */
const SETVAL = /pg_catalog\.setval\([^]*, (-?\d+), (true|false)\);/;

/**
 * Finds the entries of the kind `SEQUENCE SET` that would set a sequence back, so that the target's next row would get
 * the number of an existing one. Sequences that the role may not read are not reported.
 */
export async function sequencesAhead(entries: readonly TocEntry[], target: Database): Promise<SequenceAhead[]> {
  const ahead: SequenceAhead[] = [];
  await inBatches(
    entries.filter(({ kind }) => kind === 'SEQUENCE SET'),
    async (batch) => {
      const wanted = batch.map(({ schema, name }, nr) => ({ nr, schema, name }));
      const value = (column: string) => `(pg_catalog.xpath('/row/${column}/text()', v.row))[1]::text`;
      const rows = await target.ask(`select w.nr, s.seqincrement, ${value('last_value')}, ${value('is_called')}
        from pg_catalog.json_to_recordset(${quoteJson(wanted)}) as w(nr int, schema text, name text)
        join pg_catalog.pg_namespace n on n.nspname = w.schema
        join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.name
        join pg_catalog.pg_sequence s on s.seqrelid = c.oid
        cross join lateral pg_catalog.query_to_xml(case when pg_catalog.has_schema_privilege(n.oid, 'usage')
            and pg_catalog.has_table_privilege(c.oid, 'select')
          then pg_catalog.format('select last_value, is_called from %I.%I', w.schema, w.name)
          else 'select null as last_value' end, false, true, '') as v(row)`);
      for (const [nr, increment = '1', there = '', isCalled] of rows) {
        const entry = batch[Number(nr)];
        const [, dumped, isDumpedCalled] = SETVAL.exec(entry?.definition ?? '') ?? [];
        if (entry === undefined || dumped === undefined || there === '') continue;
        const step = BigInt(increment);
        const nextThere = BigInt(there) + (isCalled === 'true' ? step : 0n);
        const nextDumped = BigInt(dumped) + (isDumpedCalled === 'true' ? step : 0n);
        if (step > 0n ? nextThere <= nextDumped : nextThere >= nextDumped) continue;
        const note = `the sequence ${nameOf(entry)} stays at ${there}: the backup has the smaller ${dumped}`;
        ahead.push({ entry, note });
      }
    },
  );
  return ahead;
}

/**
 * Compares the rows of tables after a load with the number that the dump has for each `TABLE DATA`. Skips tables that
 * the role may not read completely.
 *
 * @throws ProgramError where a table holds fewer
 */
export async function compareRows(expected: ReadonlyMap<TocEntry, number>, target: Database): Promise<void> {
  const short: string[] = [];
  await inBatches([...expected], async (batch) => {
    const wanted = batch.map(([{ schema, name }], nr) => ({ nr, schema, name }));
    const rows = await target.ask(`select w.nr, (pg_catalog.xpath('/row/n/text()', pg_catalog.query_to_xml(
        pg_catalog.format('select count(*) as n from only %I.%I', w.schema, w.name), false, true, '')))[1]::text
      from pg_catalog.json_to_recordset(${quoteJson(wanted)}) as w(nr int, schema text, name text)
      join pg_catalog.pg_namespace n on n.nspname = w.schema
      join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.name
      where c.relkind = 'r' and pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_table_privilege(c.oid, 'select') and not pg_catalog.row_security_active(c.oid)`);
    for (const [nr, count] of rows) {
      const [entry, rowCount] = batch[Number(nr)] ?? [];
      if (entry === undefined || rowCount === undefined || Number(count) >= rowCount) continue;
      short.push(`${nameOf(entry)} holds ${count} rows instead of the ${rowCount} of the backup`);
    }
  });
  if (short.length === 0) return;
  throw new ProgramError(
    `the tables were loaded, but not all of their rows are there: ${short.join('; ')}`,
    'A trigger of the table may have skipped rows, or another session removed them.',
  );
}
