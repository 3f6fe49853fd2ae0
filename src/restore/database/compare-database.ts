import type { DatabaseFacts } from '../../core/database-facts.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Connection } from '../../postgres/connection.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Version } from '../../postgres/client-programs.ts';
import { describeLocale } from './statements.ts';

/** Notes for the plan where the target database differs from the dumped one in encoding or locale. */
export function differencesBetween(source: DatabaseFacts, target: DatabaseFacts): string[] {
  const said: string[] = [];
  const isSameLocale =
    source.provider === target.provider &&
    nameOf(source.collate) === nameOf(target.collate) &&
    nameOf(source.ctype) === nameOf(target.ctype) &&
    source.locale === target.locale &&
    source.icuRules === target.icuRules;
  if (source.encoding !== target.encoding || !isSameLocale) {
    said.push(
      `the database that was dumped has ${describeLocale(source)}; this one has ${describeLocale(target)}: ` +
        'texts may be sorted differently, or refused (--create makes a database like the dumped one)',
    );
  }
  return said;
}

/** A database that pgbak did not make must be as the dumped one was. */
export function refuseOtherLocale(
  origin: DatabaseFacts | undefined,
  there: DatabaseFacts,
  { label, database }: Connection,
): void {
  const [difference] = origin === undefined ? [] : differencesBetween(origin, there);
  if (difference === undefined) return;
  throw new ConfigError(
    `${label} is there already, and is another one: ${difference}`,
    `It is empty. Remove it, and restore again: DROP DATABASE ${quoteIdentifier(database ?? '')}`,
  );
}

/** glibc accepts a codeset in any spelling: `de_DE.UTF-8`, `de_DE.utf8`. */
function nameOf(locale: string): string {
  return locale === 'POSIX' ? 'C' : locale.replace(/\..*$/, (codeset) => codeset.toLowerCase().replaceAll('-', ''));
}

/** What dumps of a major version may hold that older servers do not know. */
const NEW_IN: Readonly<Record<number, string>> = {
  14: 'multirange types, function bodies of standard SQL (BEGIN ATOMIC), compression of columns',
  15: 'views of their caller (security_invoker), NULLS NOT DISTINCT, filters of publications, ICU as the provider of a database',
  16: 'options of grants of roles, ICU rules, SYSTEM_USER',
  17: 'the privilege MAINTAIN, the builtin provider of locales, identity columns of partitioned tables',
  18: 'virtual generated columns, NOT NULL constraints with a name, NOT ENFORCED, WITHOUT OVERLAPS',
};

/** Notes for the plan where the target's major version is older than the dumped server's. */
export function olderThanSource(from: number | undefined, target: Version): string[] {
  if (from === undefined || from <= target.major) return [];
  const unknown = Object.entries(NEW_IN).flatMap(([major, what]) =>
    Number(major) > target.major && Number(major) <= from ? [`${what} (${major})`] : [],
  );
  return [
    `the backup is of PostgreSQL ${from}, and the target is older, ${target.major}: ` +
      `it refuses the whole dump if the dump uses something newer: ${unknown.join('; ')}`,
  ];
}
