import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { NOTHING_LEFT_OUT, type LeftOut } from '../../src/postgres/plain-dump/left-out.ts';
import { PlainDumpScanner } from '../../src/postgres/plain-dump/scanner.ts';

/** What psql gets of a dump that comes in pieces of a size. */
function passed(dump: string | Buffer, pieceBytes = 65_536, leftOut?: LeftOut): string {
  const bytes = typeof dump === 'string' ? Buffer.from(dump) : dump;
  const scanner = new PlainDumpScanner(leftOut);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) out.push(...scanner.push(bytes.subarray(at, at + pieceBytes)));
  scanner.end();
  return Buffer.concat(out).toString();
}

const IN_ONE = [1, 2, 3, 7, 4096];

describe('what pg_dump never writes is refused, in any pieces that it comes in', () => {
  test.each([
    ['a command of psql', '\\! touch /tmp/x\n', /the psql command \\!/],
    ['one behind a statement', 'COMMENT ON TABLE a IS NULL; \\! touch /tmp/x\n', /psql command/],
    ['one within a statement', 'COMMENT ON TABLE a \\g |sh\n', /psql command/],
    ['one behind a comment that ends in a carriage return', '-- a\r\\! touch /tmp/x\n', /psql command/],
    [
      'one behind rows that end with a carriage return',
      'COPY a FROM stdin;\n1\n\\.\r\n\\! touch\n\\.\n',
      /psql command/,
    ],
    ['one behind an escaped quote', "COMMENT ON TABLE a IS E'\\\\'; \\! touch '\n;\n", /psql command/],
    ['one behind a text without escapes', "COMMENT ON TABLE a IS '\\'; \\! touch '\n;\n", /psql command/],
    ['one behind a dollar quote with a tag', 'COMMENT ON TABLE a IS $b$ $a$ $b$; \\! touch $a$;\n', /psql command/],
    ['one of psql that is no restrict', '\\restrict a b\n', /psql command/],
    ['another database', '\\connect postgres\n', /psql command/],
    ['a copy by psql', "\\copy a from program 'id'\n", /psql command/],
    ['joined statements', 'COMMENT ON TABLE a IS NULL\\; COMMIT;\n', /psql command/],
    ['the end of the transaction', 'COMMIT;\n', /COMMIT/],
    ['the end in small letters', 'commit;\n', /COMMIT/],
    ['the end with a chain', 'COMMIT AND CHAIN;\n', /COMMIT/],
    ['the end by another name', 'END;\n', /END/],
    ['a rollback', 'ROLLBACK;\n', /ROLLBACK/],
    ['an abort', 'ABORT;\n', /ABORT/],
    ['another transaction', 'START TRANSACTION;\n', /START/],
    ['a transaction of another kind', 'BEGIN ISOLATION LEVEL SERIALIZABLE;\n', /BEGIN/],
    ['a prepared transaction', "PREPARE TRANSACTION 'a';\n", /PREPARE/],
    ['a savepoint', 'SAVEPOINT a;\n', /SAVEPOINT/],
    ['a block of code', 'DO $$ begin commit; end $$;\n', /DO/],
    ['a call', 'CALL a();\n', /CALL/],
    ['a query', 'SELECT 1;\n', /SELECT/],
    ['a function that is not of a dump', "SELECT pg_catalog.pg_read_file('/etc/passwd');\n", /pg_read_file/],
    ['a function within one of a dump', "SELECT pg_catalog.setval('a', evil());\n", /computed/],
    ['something behind one of a dump', "SELECT pg_catalog.setval('a', 1), 2;\n", /behind/],
    ['rows from a program', "COPY a FROM PROGRAM 'id';\n", /COPY/],
    ['rows from a file', "COPY a FROM '/etc/passwd';\n", /COPY/],
    ['rows to a program', "COPY a TO PROGRAM 'sh';\n", /COPY/],
    ['rows with options', 'COPY a FROM stdin WITH (FORMAT csv);\n', /COPY/],
    ['a statement behind COPY', 'COPY a FROM stdin; COMMIT;\n\\.\n', /COPY/],
    ['a role', 'ALTER ROLE a SUPERUSER;\n', /ALTER ROLE/],
    ['a user', 'CREATE USER a SUPERUSER;\n', /CREATE USER/],
    ['a membership', 'GRANT a TO b;\n', /GRANT/],
    ['a setting of the server', "ALTER SYSTEM SET a = 'b';\n", /ALTER SYSTEM/],
    ['a setting that changes what a role may', "SET session_replication_role = 'replica';\n", /SET/],
    ['an encoding that no database has', "SET client_encoding = 'SJIS';\n", /encoding/],
    ['a setting by function', "SELECT pg_catalog.set_config('client_encoding', 'SJIS', false);\n", /set_config/],
    ['a comment that ends elsewhere for others', '/* /* */ \\! touch */\n', /comment/],
    ['two texts side by side', "COMMENT ON TABLE a IS E'a'\n'\\'; \\! touch';\n", /side by side/],
    ['a Unicode text', "COMMENT ON TABLE a IS U&'\\0041';\n", /U&/],
    ['a national text', "COMMENT ON TABLE a IS N'a';\n", /N'/],
    ['a number that runs into a word', 'COMMENT ON TABLE a IS 1a$b$;\n', /number/],
    ['a zero byte', 'COMMENT ON TABLE a IS NULL;\0\n', /zero/],
    ['BEGIN as a word of a function', 'CREATE FUNCTION a() RETURNS int LANGUAGE sql BEGIN; COMMIT; END;\n', /BEGIN/],
    [
      'a transaction that ends in a body',
      'CREATE FUNCTION a() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1 AS case; END; COMMIT; END;\n',
      /END before/,
    ],
    ['a transaction that ends in brackets', 'CREATE TABLE a (b int; COMMIT; c int);\n', /brackets/],
    ['COMMIT among large objects twice', 'BEGIN;\nCOMMIT;\nCOMMIT;\n', /COMMIT/],
    ['a statement among large objects', 'BEGIN;\nCREATE TABLE a (b int);\nCOMMIT;\n', /large objects/],
    ['a text without an end', "COMMENT ON TABLE a IS 'b;\n", /middle/],
    ['rows without an end', 'COPY a FROM stdin;\n1\n', /middle/],
    ['a statement without an end', 'CREATE TABLE a (b int)\n', /middle/],
    ['large objects without an end', 'BEGIN;\n', /middle/],
  ])('%s {hostile@load}', (_what, dump, message) => {
    for (const size of IN_ONE) expect(() => passed(`--\n${dump}`, size)).toThrow(message);
  });
});

describe('what pg_dump writes reaches psql', () => {
  test.each([
    ['comments are left out', '-- \\! a\nCOMMENT ON TABLE a IS NULL;\n', '\nCOMMENT ON TABLE a IS NULL;\n'],
    ['its own restriction is left out', '\\restrict abc\n\\unrestrict abc\n', '\n\n'],
    ['time limits are left out', 'SET statement_timeout = 0;\nSET transaction_timeout = 0;\n', '\n'],
    ['a setting is for the transaction', 'SET row_security = off;\n', '\nSET LOCAL row_security = off;\n'],
    [
      'a variable of psql is none',
      'CREATE VIEW a AS SELECT b[1:"DBNAME"];\n',
      'CREATE VIEW a AS SELECT b[1: "DBNAME"];\n',
    ],
    ['a cast stays one', "CREATE VIEW a AS SELECT 'b'::text;\n", "CREATE VIEW a AS SELECT 'b'::text;\n"],
    ['a backslash in texts', "COMMENT ON TABLE a IS 'c:\\d';\n", "COMMENT ON TABLE a IS 'c:\\d';\n"],
    [
      'a function whose name psql takes for a body',
      'CREATE FUNCTION a.begin() RETURNS int LANGUAGE sql AS $_$ \\! $_$;\n',
      'CREATE FUNCTION a."begin"() RETURNS int LANGUAGE sql AS $_$ \\! $_$;\n',
    ],
    [
      'a body of SQL',
      'CREATE FUNCTION a.b() RETURNS int LANGUAGE sql\n BEGIN ATOMIC\n SELECT CASE WHEN true THEN 1 END;\nEND;\n',
      'CREATE FUNCTION a.b() RETURNS int LANGUAGE sql\n BEGIN ATOMIC\n SELECT CASE WHEN true THEN 1 END;\nEND;\n',
    ],
    [
      'a rule of several statements',
      'CREATE RULE a AS ON INSERT TO b DO ( DELETE FROM b;\n DELETE FROM c;\n);\n',
      'CREATE RULE a AS ON INSERT TO b DO ( DELETE FROM b;\n DELETE FROM c;\n);\n',
    ],
    [
      'large objects, without a transaction of their own',
      "BEGIN;\n\nSELECT pg_catalog.lo_open('1', 131072);\nSELECT pg_catalog.lowrite(0, '\\xab');\nSELECT pg_catalog.lo_close(0);\n\nCOMMIT;\n",
      "\n\nSELECT pg_catalog.lo_open('1', 131072);\nSELECT pg_catalog.lowrite(0, '\\xab');\nSELECT pg_catalog.lo_close(0);\n",
    ],
  ])('%s', (_what, dump, expected) => {
    const withoutEmptyLines = (text: string) => text.replaceAll(/\n+/g, '\n').replace(/^\n/, '');
    for (const size of IN_ONE) expect(withoutEmptyLines(passed(dump, size))).toBe(withoutEmptyLines(expected));
  });

  test('rows pass as they are, and what psql reads by is set again behind them', () => {
    const rows = 'COPY public.a (b, c) FROM stdin;\n\\\\.\t\\N\n\\! touch\n\\.x\n-- \'"$$\n\\.\n';
    for (const size of IN_ONE) {
      const out = passed(`SET client_encoding = 'LATIN1';\n${rows}`, size);
      expect(out).toContain(rows);
      expect(out.split(rows)[1]).toMatch(/^\nSELECT pg_catalog\.set_config\('client_encoding', 'LATIN1', true\)/);
    }
  });
});

test('a text is read to the same end in any pieces that it comes in', () => {
  const letters = fc.string({
    unit: fc.constantFrom("'", '"', '\\', '$', 'a', ';', '\n', '\r', '-', '/', '*', ':', ' ', 'E'),
  });
  const outcome = (dump: string, size: number) => {
    try {
      return passed(dump, size).replaceAll(/\s+/g, '');
    } catch (error) {
      return String(error).replace(/at byte \d+|psql command.*/g, '');
    }
  };
  fc.assert(
    fc.property(letters, fc.integer({ min: 1, max: 5 }), (text, size) => {
      const dump = `COMMENT ON TABLE a IS ${text}\n;\n`;
      expect(outcome(dump, size)).toBe(outcome(dump, 4096));
    }),
    { numRuns: 500 },
  );
});

describe('what is left out on demand', () => {
  const owners = { ...NOTHING_LEFT_OUT, owners: true };
  const privileges = { ...NOTHING_LEFT_OUT, privileges: true };
  const extensions = { ...NOTHING_LEFT_OUT, extensions: new Set(['hstore', 'uuid-ossp', 'odd"one']) };
  const onPublic = { ...NOTHING_LEFT_OUT, publicComment: true };
  test.each<[string, LeftOut]>([
    ['ALTER TABLE public.t OWNER TO boss;', owners],
    ['ALTER FUNCTION public.f(a integer, "to" text) OWNER TO "Odd; ""one""";', owners],
    ['ALTER OPERATOR public.+ (integer, public.x) OWNER TO boss;', owners],
    ['ALTER OPERATOR CLASS public.x USING btree OWNER TO boss;', owners],
    ['ALTER LARGE OBJECT 17 OWNER TO boss;', owners],
    ['ALTER TEXT SEARCH DICTIONARY public.x OWNER TO boss;', owners],
    ['ALTER EVENT TRIGGER "owner" OWNER TO "to";', owners],
    ['GRANT SELECT(a),UPDATE ON TABLE public.t TO boss WITH GRANT OPTION;', privileges],
    ['REVOKE ALL ON SCHEMA public FROM PUBLIC;', privileges],
    ['ALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA b GRANT ALL ON TABLES TO c;', privileges],
    ['SET SESSION AUTHORIZATION "a ""b""";', privileges],
    ['RESET SESSION AUTHORIZATION;', privileges],
    ["COMMENT ON EXTENSION hstore IS 'a; b';", extensions],
    ['COMMENT ON EXTENSION "uuid-ossp" IS NULL;', extensions],
    ['COMMENT ON EXTENSION "odd""one" IS NULL;', extensions],
    ["COMMENT ON SCHEMA public IS 'x';", onPublic],
  ])('%s', (statement, leftOut) => {
    const [before, behind] = ['CREATE TABLE a (b integer);\n', '\nCREATE TABLE c (d integer);\n'];
    for (const pieceBytes of IN_ONE) {
      expect(passed(before + statement + behind, pieceBytes, leftOut)).not.toContain(statement.slice(0, 12));
      expect(passed(before + statement + behind, pieceBytes, leftOut)).toMatch(/CREATE TABLE a[^]*CREATE TABLE c/);
      expect(passed(before + statement + behind, pieceBytes)).toContain(statement);
    }
  });

  test.each([
    "ALTER TABLE ONLY public.t ALTER COLUMN owner SET DEFAULT 'OWNER TO boss;';",
    'ALTER TABLE ONLY public.t ALTER COLUMN "owner" SET DEFAULT x;',
    `ALTER TABLE public.t ADD CONSTRAINT c CHECK ((${"(a <> 'x') AND ".repeat(5000)} true));`,
    "CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$ select 'ALTER TABLE t OWNER TO boss;' $$;",
    "COMMENT ON TABLE public.t IS 'COMMENT ON EXTENSION hstore IS NULL;';",
    "COMMENT ON EXTENSION hstore2 IS 'x';",
    "COMMENT ON SCHEMA publicity IS 'x';",
    'ALTER SEQUENCE public.s OWNED BY public.t.a;',
    "SELECT pg_catalog.setval('public.s', 1, true);",
  ])('never %.60s', (statement) => {
    const all = { ...owners, privileges: true, extensions: extensions.extensions, publicComment: true };
    for (const pieceBytes of [7, 4096, 65_536]) expect(passed(`${statement}\n`, pieceBytes, all)).toContain(statement);
  });
});

test('a text without an end is refused after 1 GB, which psql would keep in memory, and rows go on as long as they like', () => {
  const piece = Buffer.alloc(2 ** 26, 'a');
  const scanner = new PlainDumpScanner();
  const goOn = () => {
    for (let count = 0; count < 18; count += 1) scanner.push(piece);
  };
  scanner.push(Buffer.from('COPY public.a (b) FROM stdin;\n'));
  goOn();
  scanner.push(Buffer.from('\n\\.\nCOMMENT ON TABLE a IS $$'));
  expect(goOn).toThrow(/a statement of more than 1 GB/);
});
