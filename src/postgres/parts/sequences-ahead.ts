import { nameOf, type TocEntry } from '../dump-toc/toc-entry.ts';
import { quoteJson } from '../quote.ts';
import { inBatches } from './what-is-there.ts';
import type { Database } from '../database.ts';

/** A sequence of the target that has gone further than the one of the dump. */
export interface SequenceAhead {
  entry: TocEntry;
  /** What is to be said of it. */
  note: string;
}

/** `SELECT pg_catalog.setval('public.orders_id_seq', 41, true);` as pg_dump writes it. */
const SETVAL = /pg_catalog\.setval\([^]*, (-?\d+), (true|false)\);/;

/**
 * Which of these entries of the kind `SEQUENCE SET` would set a sequence back, so that the next row of the target got a
 * number that a row of it has. Sequences that the role may not read are not among them.
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
        const note = `the sequence ${nameOf(entry)} stays at ${there}, further than the ${dumped} of the backup`;
        ahead.push({ entry, note });
      }
    },
  );
  return ahead;
}
