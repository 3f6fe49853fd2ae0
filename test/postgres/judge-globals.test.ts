import { expect, test } from '@jest/globals';
import { SETTINGS_HEADING } from '../../src/core/archive-format.ts';
import { ArchiveError } from '../../src/core/errors.ts';
import { judgeGlobals } from '../../src/postgres/globals/judge-globals.ts';

const ROLES = String.raw`--
-- PostgreSQL database cluster dump
--

\restrict abcDEF123

SET default_transaction_read_only = off;

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- Roles
--

CREATE ROLE "odd ""; \! name";
ALTER ROLE "odd ""; \! name" WITH SUPERUSER INHERIT NOCREATEROLE LOGIN PASSWORD 'SCRAM-SHA-256$4096:a/b+c==$x=:y=' VALID UNTIL 'infinity';
COMMENT ON ROLE app IS E'it''s \\! a \' text';
ALTER ROLE app SET search_path TO 'a', 'b$$';
GRANT app TO "odd ""; \! name" WITH ADMIN OPTION GRANTED BY postgres;
GRANT SET ON PARAMETER work_mem TO app;
CREATE TABLESPACE fast OWNER postgres LOCATION '/srv/fast';
ALTER TABLESPACE fast SET (random_page_cost=1.1);
REVOKE ALL ON TABLESPACE fast FROM PUBLIC;
SECURITY LABEL FOR 'dummy' ON ROLE app IS 'classified';

\unrestrict abcDEF123
`;
const SETTINGS = `SET client_encoding = 'UTF8';
ALTER DATABASE :"database" OWNER TO app;
COMMENT ON DATABASE :"database" IS 'a ; shop';
ALTER DATABASE :"database" CONNECTION LIMIT -1;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO app WITH GRANT OPTION;
ALTER ROLE app IN DATABASE :"database" SET work_mem TO '4MB';
`;

test('what pg_dumpall and pgbak write of roles and settings is let through', () => {
  expect(() => judgeGlobals(`${ROLES}\n${SETTINGS_HEADING}${SETTINGS}`)).not.toThrow();
  expect(judgeGlobals(ROLES)).toEqual({ hasBackslashes: false });
});

test('where a backslash means something in every text, it is let through as well, and known to be so', () => {
  const old = ROLES.replace('strings = on;', 'strings = off;\nSET escape_string_warning = off;');
  expect(judgeGlobals(old)).toEqual({ hasBackslashes: true });
  expect(judgeGlobals(old.replace("E'it''s", "'it''s"))).toEqual({ hasBackslashes: true });
  const onOneLine = "strings = off; COMMENT ON ROLE a IS '\\'; \\! touch x\n-- ';";
  expect(() => judgeGlobals(ROLES.replace('strings = on;', onOneLine))).toThrow(ArchiveError);
});

test.each([
  ['a psql command', '\\! touch x\n'],
  ['one behind a carriage return', '-- a comment\r\\! touch x\n'],
  ['one within a statement', 'CREATE ROLE a \\! touch x\n;'],
  ['one that is written as pg_dumpall may', 'CREATE ROLE a\n\\restrict abc\n;'],
  ['one behind a dollar quote', "COMMENT ON ROLE a IS $$ ' $$; \\! touch x\n-- '"],
  ['one behind a comment of another kind', "/* ' */ \\! touch x\n-- '"],
  ['one behind a text that goes on', "COMMENT ON ROLE a IS E'x'\n'\\' ; \\! touch x\n-- ';"],
  ['one behind a text that a letter begins', "COMMENT ON ROLE a IS U&'\\' ; \\! touch x\n-- ';"],
  [
    'one that ends a text by half a letter',
    "SET client_encoding = 'SJIS';\nCOMMENT ON ROLE a IS E'\u0095\\'; \\! touch x\n-- ';",
  ],
  [
    'one behind another reading of texts',
    "SET standard_conforming_strings = off;\nCOMMENT ON ROLE a IS '\\'; \\! touch x\n-- ';",
  ],
  ['a variable', 'ALTER ROLE :x SUPERUSER;'],
  ['the end of the transaction', 'COMMIT;'],
  ['a statement of another kind', 'CREATE TABLE planted ();'],
  ['a program', "COPY (SELECT 1) TO PROGRAM 'touch x';"],
  ['a block', "DO 'begin end';"],
  ['a statement without an end', 'CREATE ROLE a'],
  ['a text without an end', "COMMENT ON ROLE a IS 'x"],
  ['a zero byte', 'CREATE ROLE a;\0\n'],
])('%s among them is refused, in the roles and in the settings', (_what, line) => {
  expect(() => judgeGlobals(`${ROLES}${line}\n`)).toThrow(ArchiveError);
  expect(() => judgeGlobals(`${ROLES}${SETTINGS_HEADING}${SETTINGS}${line}\n`)).toThrow(ArchiveError);
});

test('roles are not made where the settings belong', () => {
  expect(() => judgeGlobals(`${ROLES}${SETTINGS_HEADING}ALTER ROLE app SUPERUSER;\n`)).toThrow(/ALTER ROLE app/);
});
