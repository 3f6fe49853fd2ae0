import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ArchiveError } from '../../src/core/errors.ts';
import { PlainDumpScanner } from '../../src/postgres/plain-dump/scanner.ts';
import { beginSafely } from '../../src/postgres/psql-session.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { clientPrograms } from '../support/postgres/versions.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// What psql gets of a dump that somebody has changed: psql itself says whether a command in it runs.

const DATABASE = `
create table goods (id int primary key, name text, "x:y" text default E'\\\\''; \\\\! touch');
insert into goods values (1, 'a', '\\'), (2, E'\\\\.\\n\\\\.', 'b'), (3, E'tab\\there', '$$');
create function half(n int) returns int language plpgsql as $_$ begin /* ' " */ return n / 2; -- '
end $_$;
create function body(a int) returns int begin atomic select case when a > 1 then 2 else 3 end; end;
comment on table goods is E'it''s \\\\ here\\nand "there"; $x$';
create view few as select id, name || E'\\\\' as "end;" from goods where name <> ';';
create rule "both;" as on insert to goods where new.id > 5 do also (delete from goods where name = ';'; delete from goods where name = '\\');
select lo_from_bytea(4711, '\\x275c2e');`;

let cluster: Cluster;
let folder: TemporaryFolder;
let dump: Buffer;
let marker: string;
beforeAll(async () => {
  cluster = await startCluster();
  folder = temporaryFolder();
  chmodSync(folder.path, 0o777);
  marker = folder.at('marker');
  writeFileSync(folder.at('script.sql'), `\\! touch ${marker}\n`);
  for (const name of ['source', 'target']) await cluster.createDatabase(name);
  await cluster.sql('source', DATABASE);
  const url = cluster.url('source');
  dump = execFileSync(join(clientPrograms(15), 'pg_dump'), ['--no-password', url]);
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

/** What a psql does that is in no restricted mode, which not every version has; nothing of it is committed. */
function load(script: Buffer, before = ''): { ran: boolean; status: number | null } {
  rmSync(marker, { force: true });
  const args = ['-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1', '-d', cluster.url('target')];
  const { status } = spawnSync(join(clientPrograms(15), 'psql'), args, {
    cwd: folder.path,
    input: Buffer.concat([Buffer.from(before), script]),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return { ran: existsSync(marker), status };
}

/** What the scanner lets through; undefined where it refuses. Anything but a refusal is a fault. */
function scan(bytes: Buffer, pieceBytes: number): Buffer | undefined {
  const scanner = new PlainDumpScanner();
  const out: Buffer[] = [];
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      out.push(...scanner.push(bytes.subarray(at, at + pieceBytes)));
    }
    scanner.end();
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return undefined;
  }
  return Buffer.concat(out);
}

const PIECES = (path: string) => {
  const run = `\\! touch ${path}`;
  const commands = [
    run,
    `\\o |touch ${path}`,
    `\\g |touch ${path}`,
    `select 1 \\g |touch ${path}`,
    `\\copy (select 1) to program 'touch ${path}'`,
    `COPY (SELECT 1) TO PROGRAM 'touch ${path}';`,
    `COPY goods FROM PROGRAM 'touch ${path}';`,
    '\\i script.sql',
    '\\ir script.sql',
    `\\setenv PAGER 'touch ${path}'`,
    `\\set x '\\\\! touch ${path}'`,
    `select '\\\\! touch ${path}' \\gexec`,
    'CREATE TABLE planted (); COMMIT;',
    'COMMIT;',
    'END;',
    'ROLLBACK;',
  ];
  const openings = [
    '',
    '\n',
    '\r',
    '\r\n',
    ';',
    ' ',
    "'",
    "''",
    "\\'",
    "\\\\'",
    "E'",
    "U&'",
    "N'",
    "B'",
    '"',
    '""',
    '$$',
    '$_$',
    '$a$',

    '/*',
    '*/',
    '/* /* */',
    '--',
    '-- \r',
    '\n\\.\n',
    '\n\\.\r\n',
    '\\.',
    '(',
    ')',
    'BEGIN ATOMIC ',
    'END',
    '\\;',
    ':x',
    "'a'\n'",
    '1a',
    '\0',
    '\u0095\\',
    '\u00a1\\',
    '\u0081\u005c',
    '\u0095\u0027',
    '\u00ff',
    '\ufeff',
    'COPY goods FROM stdin;\n',
    "SET standard_conforming_strings = off;\nCOMMENT ON TABLE goods IS '\\",
    ...['SJIS', 'BIG5', 'GBK', 'UHC', 'JOHAB', 'GB18030', 'LATIN1', 'SQL_ASCII'].map(
      (encoding) => `SET client_encoding = '${encoding}';\nCOMMENT ON TABLE goods IS '\u0095\\`,
    ),
  ];
  return { commands, openings };
};

/** A dump in which something stands that pg_dump did not write. */
function changed(): fc.Arbitrary<{ bytes: Buffer; pieceBytes: number }> {
  const { commands, openings } = PIECES(marker);
  const piece = fc
    .tuple(
      fc.array(fc.constantFrom(...openings), { maxLength: 3 }),
      fc.constantFrom(...commands),
      fc.array(fc.constantFrom(...openings), { maxLength: 2 }),
    )
    .map(([before, command, after]) => `${before.join('')}${command}\n${after.join('')}`);
  const text = dump.toString('latin1');
  const places = [...text.matchAll(/\n|'|"|\$|;|\\/g)].map(({ index }) => index + 1);
  const swaps = fc.constantFrom<[RegExp, string] | undefined>(
    undefined,
    [/^SET standard_conforming_strings = on/m, 'SET standard_conforming_strings = off'],
    [/^SET client_encoding = 'UTF8'/m, "SET client_encoding = 'SJIS'"],
    [/^SET client_encoding = 'UTF8'/m, "SET client_encoding = 'LATIN1'"],
    [/^SET client_encoding = 'UTF8'/m, "SET client_encoding = 'SQL_ASCII'"],
    [/^\\\.$/m, ''],
    [/ FROM stdin;/, " FROM stdin WITH (DELIMITER 'x');"],
    [/\$_\$/, '$$_$'],
    [/'/, "\\'"],
  );
  const insertion = fc.tuple(fc.constantFrom(...places), piece);
  return fc
    .record({
      swap: swaps,
      insertions: fc.array(insertion, { minLength: 1, maxLength: 3 }),
      pieceBytes: fc.constantFrom(1, 7, 100, 65_536),
    })
    .map(({ swap, insertions, pieceBytes }) => {
      let made = text;
      for (const [place, word] of insertions.toSorted(([a], [b]) => b - a)) {
        made = `${made.slice(0, place)}${word}${made.slice(place)}`;
      }
      if (swap !== undefined) made = made.replace(swap[0], () => swap[1]);
      return { bytes: Buffer.from(made, 'latin1'), pieceBytes };
    });
}

test('no command that somebody puts into a dump is run by psql, and nothing ends its transaction {hostile@load}', async () => {
  const begin = beginSafely('read write');
  const clean = scan(dump, 4096);
  expect(clean && load(clean, begin)).toEqual({ ran: false, status: 0 });
  // The referee sees what runs.
  expect(load(Buffer.concat([dump, Buffer.from(`\\! touch ${marker}\n`)]))).toEqual({ ran: true, status: 0 });
  await cluster.sql('postgres', 'drop database target');
  await cluster.createDatabase('target');

  let passed = 0;
  const property = fc.property(changed(), ({ bytes, pieceBytes }) => {
    const out = scan(bytes, pieceBytes);
    if (out === undefined) return;
    passed += 1;
    expect(load(out, begin).ran).toBe(false);
  });
  fc.assert(property, { seed: 14, numRuns: Number(process.env['PGBAK_TEST_RUNS'] ?? 200) });
  expect(passed).toBeGreaterThan(0);
  const left = await cluster.sql('target', `select count(*) from pg_class where relnamespace = 'public'::regnamespace`);
  expect(left).toBe('0');
});
