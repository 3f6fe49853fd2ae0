import { expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { explainDumpFailure } from '../../src/postgres/dump-failure.ts';

// As pg_dump 15 says it over several connections.
const said = (reason: string) =>
  `pg_dump:pg_dump: error: reconnection failed: connection to server at "127.0.0.1", port 5432 failed: FATAL:  ${reason}\n a worker process died unexpectedly`;

test.each([
  ['too many connections for role "app"', 'the CONNECTION LIMIT of the role'],
  ['sorry, too many clients already', 'max_connections'],
])('a dump that gets no further connection is told so, and what to do: %s {refused@dump}', (reason, limit) => {
  const text = said(reason);
  const ending = { exitCode: 1, signal: undefined, stderrTail: text, rawStderr: new Secret(text) };
  expect(explainDumpFailure(ending, 600)).toMatchObject({
    message: `pg_dump got no further connection: ${limit} is reached`,
    hint: expect.stringContaining('--dump-jobs 1'),
  });
});
