import { expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { explainLoadFailure } from '../../src/postgres/load-failure.ts';

const saying = (stderr: string) => ({ stderrTail: stderr, rawStderr: new Secret(stderr) });

test('what psql says of a failed load carries neither SQLSTATE nor a place in the source of PostgreSQL {refused@load}', () => {
  const stderr = `psql:<stdin>:7: ERROR:  22023: invalid value for parameter "x": "y"
DETAIL:  It is not known.
SCHEMA NAME:  public
TABLE NAME:  t
CONSTRAINT NAME:  t_pkey
LOCATION:  scanner_yyerror, scan.l:1176
`;
  expect(explainLoadFailure('psql', saying(stderr)).message).toBe(
    'psql failed, and nothing was restored: ERROR:  invalid value for parameter "x": "y" DETAIL:  It is not known.',
  );
});

test.each([
  'relation "lim" does not exist\nCONTEXT:  SQL function "small" during inlining',
  'type "d" does not exist\nQUERY:  declare x d;\nCONTEXT:  compilation of PL/pgSQL function "small" near line 1',
  'text search configuration "de" does not exist\nCONTEXT:  SQL function "small" statement 1',
])('a function that leaves schemas out is named where its words end a load: %j {refused@load}', (words) => {
  expect(explainLoadFailure('psql', saying(`ERROR:  42P01: ${words}`)).hint).toMatch(
    /empty search_path, and the function small /,
  );
});
