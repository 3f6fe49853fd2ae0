import { ProgramError } from '../../core/errors.ts';
import { nameOf, type TocEntry } from '../dump-toc/toc-entry.ts';
import { quoteJson } from '../quote.ts';
import { inBatches } from './what-is-there.ts';
import type { Database } from '../database.ts';

/**
 * Compares what tables hold after a load with what the dump has for each, by its `TABLE DATA`. Tables that the role may
 * not read, or not whole, are left out.
 *
 * @throws ProgramError where one holds less
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
      short.push(`${nameOf(entry)} holds ${count} rows, and the backup ${rowCount}`);
    }
  });
  if (short.length === 0) return;
  throw new ProgramError(
    `the part was loaded, but not all of its rows are there: ${short.join('; ')}`,
    'A trigger of the table may have left rows out, or another session removed them.',
  );
}
