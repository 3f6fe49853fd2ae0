import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Secret } from '../../src/core/secret.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { connectionTo, parseConnection, type Connection } from '../../src/postgres/connection.ts';
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz-runs.ts';
import { startLibpq, type Libpq } from '../support/postgres/libpq.ts';

let libpq: Libpq;
beforeAll(() => {
  libpq = startLibpq();
});
afterAll(async () => await libpq[Symbol.asyncDispose]());

/** Stands in every password, and nowhere else. */
const SECRET = 'S3CRET';

// prettier-ignore
const ODD = [
  '', 'a', 'shop', 'h', '5432', 'é', '日本', 'a b', "'", '\\', '%', '%41', '%2F', '%3a', '%00', '%zz', '%ff', '=', '&', '?',
  '#', '[', ']', '::1', '[::1]', ',', ':', '/', '@', '/run/pg', '\u00A0', '\t', '\n', '\u000B', 'true',
];
const NAMES = 'host port user dbname password hostaddr service options sslmode ssl passfile pasword tty PASSWORD'.split(
  ' ',
);
const pieces = (options: { maxLength: number }) =>
  fc.array(fc.constantFrom(...ODD), options).map((words) => words.join(''));
const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...NAMES) }, pieces({ maxLength: 2 }));
const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'shop', 'db.example', '', '[::1]', '%2Frun%2Fpg', '%C3%A9') },
  { weight: 2, arbitrary: pieces({ maxLength: 3 }) },
);
const secret = fc.tuple(word, word).map(([before, after]) => `${before}${SECRET}${after}`);
const port = fc.constantFrom('', ':', ':1', ':5432', ':%35', ':x', ':-1', ':1:2');
const noSpaces = (text: string) => text.replaceAll(/[ \t\n\v]/g, '_');
const joined = (arbitrary: fc.Arbitrary<string>, separator: string, maxLength: number) =>
  fc.array(arbitrary, { maxLength }).map((all) => all.join(separator));

const uri = fc
  .tuple(
    fc.constantFrom('postgresql://', 'postgres://'),
    fc.oneof(
      fc.constant(''),
      word.map((user) => `${user}@`),
      fc.tuple(word, secret).map(([user, password]) => `${user}:${password}@`),
    ),
    joined(
      fc.tuple(word, port).map((both) => both.join('')),
      ',',
      3,
    ),
    fc.oneof(
      fc.constant(''),
      word.map((database) => `/${database}`),
    ),
    fc.oneof(
      fc.constant(''),
      joined(
        fc.oneof(
          fc.tuple(name, word).map((both) => both.join('=')),
          secret.map((password) => `password=${password}`),
          word,
        ),
        '&',
        4,
      ).map((query) => `?${query}`),
    ),
  )
  // Later versions of libpq refuse white space in a URI.
  .map((all) => noSpaces(all.join('')));

const quoted = (text: string) => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
const blank = fc.constantFrom(' ', ' ', '', '\n', ' \t', '\u00A0');
const asValue = (text: fc.Arbitrary<string>) =>
  fc.oneof(
    text.map((value) => quoted(value)),
    text,
  );
const keywords = fc
  .array(
    fc
      .tuple(
        fc.oneof(
          fc.tuple(name, fc.constantFrom('=', ' = ', ''), asValue(word)).map((all) => all.join('')),
          asValue(secret).map((value) => `password=${value}`),
        ),
        blank,
      )
      .map((both) => both.join('')),
    { maxLength: 5 },
  )
  .map((all) => all.join(''));

const trimmed = (text: string) => text.trim();
const given = (value: string | undefined) => (value === '' ? undefined : value);

function outcome(text: string): Connection | ConfigError {
  try {
    return parseConnection(new Secret(text));
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** What pgbak refuses on purpose where libpq does not: see `parseConnection`. */
const ON_PURPOSE =
  /one @ too many|not in UTF-8|without a value before|a host or port that cannot be read|is empty|which pg_dump/;

async function compare(text: string): Promise<void> {
  const expected = await libpq.read(trimmed(text));
  const connection = outcome(text);
  if (connection instanceof ConfigError) {
    expect(`${connection.message} ${connection.hint}`).not.toContain(SECRET);
    if (!ON_PURPOSE.test(connection.message)) expect(expected).toBeUndefined();
    return;
  }
  if (expected === undefined) throw new Error(`libpq refuses what pgbak takes: ${text}`);
  const { password, ...others } = expected;
  // The password is nowhere but in its own place; the rest is for libpq what it was.
  expect(connection.password?.reveal()).toBe(given(password));
  expect(JSON.stringify(connection)).not.toContain(SECRET);
  expect(connection.database).toBe(given(others['dbname']));
  const host = given(others['host']) ?? given(others['hostaddr']) ?? given(others['service']) ?? '';
  expect(connection.host).toBe(host.toLowerCase());
  if (connection.conninfo !== '') expect(await libpq.read(connection.conninfo)).toEqual(others);
  const other = connectionTo(connection, "it's é?&=%41");
  expect(await libpq.read(other.conninfo)).toEqual({ ...others, dbname: "it's é?&=%41" });
}

test.each([
  ['a URI', uri],
  ['keywords', keywords],
])(
  '%s is read as libpq reads it, refused as libpq refuses it, and never shows its password {secret@connect}',
  async (_form, strings) => await fc.assert(fc.asyncProperty(strings, compare), fuzzRuns(1000)),
  FUZZ_TIMEOUT_MS,
);
