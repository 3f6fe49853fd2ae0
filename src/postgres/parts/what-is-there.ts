import type { TocEntry } from '../dump-toc/toc-entry.ts';
import { quoteJson } from '../quote.ts';
import type { Database } from '../database.ts';

const RELATION = `exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relname = w.name and n.nspname = w.schema)`;
const TYPE = `exists (select from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    where t.typname = w.name and n.nspname = w.schema)`;
/** As pg_dump spells it (format_function_signature), which needs an empty search_path. */
const ROUTINE = `exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = w.schema and w.name = p.proname || '(' || coalesce((select pg_catalog.string_agg(
      pg_catalog.format_type(a.type, null), ', ' order by a.nr)
      from pg_catalog.unnest(p.proargtypes) with ordinality a(type, nr)), '') || ')')`;
const inSchema = (catalog: string, prefix: string) =>
  `exists (select from pg_catalog.${catalog} o join pg_catalog.pg_namespace n on n.oid = o.${prefix}namespace
    where o.${prefix}name = w.name and n.nspname = w.schema)`;
const anywhere = (catalog: string, column: string) =>
  `exists (select from pg_catalog.${catalog} o where o.${column} = w.name)`;

/** How it is found out whether something of a kind is there; what has no line is taken as missing. */
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

/** Which of `entries` a database has already, by kind and name. */
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

/** So many names fit into the argument that a query is (128 KB on Linux), at 64 bytes a name and its schema. */
const BATCH = 400;

/** Hands on so many at once as one query can name. */
export async function inBatches<T>(all: readonly T[], take: (batch: readonly T[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += BATCH) await take(all.slice(at, at + BATCH));
}
