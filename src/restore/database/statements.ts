import type { DatabaseFacts, DatabaseLocale, DatabaseSetting } from '../../core/database-facts.ts';
import { LIST_SETTINGS, quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';

/**
 * The text after `CREATE DATABASE name TEMPLATE template0` for a database that orders and classes texts as another one
 * does (https://www.postgresql.org/docs/current/sql-createdatabase.html). Only template0 permits another encoding or
 * locale than its own. `major` is the version of the server that creates it; `lackingProvider` must have accepted it.
 */
export function localeOptions(made: DatabaseLocale, major: number): string {
  const { encoding, provider, collate, ctype, locale, icuRules } = made;
  const options = [
    `encoding ${quoteLiteral(encoding)}`,
    `lc_collate ${quoteLiteral(collate)}`,
    `lc_ctype ${quoteLiteral(ctype)}`,
  ];
  if (major >= 15) options.push(`locale_provider ${provider}`);
  if (provider !== 'libc' && locale !== undefined) options.push(`${provider}_locale ${quoteLiteral(locale)}`);
  if (provider === 'icu' && icuRules !== undefined) options.push(`icu_rules ${quoteLiteral(icuRules)}`);
  return options.join(' ');
}

/** Why a server of a version cannot create such a database at all; undefined where it can. */
export function lackingProvider(made: DatabaseLocale, major: number): string | undefined {
  const { provider, icuRules, locale } = made;
  if (provider === 'icu' && major < 15)
    return `PostgreSQL ${major} has no databases with a locale of ICU, only 15 and later`;
  if (provider === 'icu' && icuRules !== undefined && major < 16) {
    return `PostgreSQL ${major} knows no ICU rules for a database, only 16 and later`;
  }
  if (provider === 'builtin' && major < 17) {
    return `PostgreSQL ${major} has no locales of its own (${locale}), only 17 and later`;
  }
  return undefined;
}

/** The locales of the operating system that the database needs. PostgreSQL itself has C. */
export function systemLocales({ collate, ctype }: DatabaseLocale): string[] {
  return [...new Set([collate, ctype])].filter((name) => !['C', 'POSIX'].includes(name));
}

/** For people: `UTF8, locale de-DE of ICU`. */
export function describeLocale({ encoding, provider, collate, ctype, locale }: DatabaseLocale): string {
  if (provider === 'icu') return `${encoding}, locale ${locale} of ICU`;
  if (provider === 'builtin') return `${encoding}, PostgreSQL's own locale ${locale}`;
  return `${encoding}, locale ${collate}${ctype === collate ? '' : `, LC_CTYPE ${ctype}`}`;
}

/**
 * Settings of a database that must hold during the load, because they decide how values are read, or because functions
 * that the load calls read them. Other settings may forbid what the load does, and are made after it.
 */
const BEFORE_THE_LOAD =
  /^(?:lc_monetary|lc_numeric|lc_time|TimeZone|DateStyle|IntervalStyle|array_nulls|xmlbinary|default_text_search_config|.*\..*)$/i;

export function isForTheLoad({ role, name }: DatabaseSetting): boolean {
  return role === undefined && BEFORE_THE_LOAD.test(name);
}

/** The statement that gives a database, or a role in it, a setting. */
export function settingStatement(database: string, { role, name, value }: DatabaseSetting): string {
  const target = `database ${quoteIdentifier(database)}`;
  const whose = role === undefined ? `alter ${target}` : `alter role ${quoteIdentifier(role)} in ${target}`;
  return `${whose} set ${quoteIdentifier(name)} to ${settingValue(name, value)}`;
}

function settingValue(name: string, value: string): string {
  const members = LIST_SETTINGS.includes(name.toLowerCase()) ? splitList(value) : [];
  return members.length > 0
    ? members.map((one) => quoteLiteral(one)).join(', ')
    : quoteLiteral(value === '""' ? '' : value);
}

/** Splits `"$user", public` as pg_dump does (src/bin/pg_dump/dumputils.c, SplitGUCList). */
function splitList(list: string): string[] {
  const members = list.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^\s,"]+))\s*(?:,|$)/g);
  return [...members]
    .map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain)
    .filter((one) => one !== '');
}

/** Statements for the other properties of a database, in the order in which they must run. */
export function statementsFor(database: string, facts: DatabaseFacts): string[] {
  const name = `database ${quoteIdentifier(database)}`;
  const { owner, comment, connectionLimit, isTemplate, refusesConnections, settings = [], labels = [] } = facts;
  const later = settings.filter((one) => !isForTheLoad(one));
  return [
    ...(owner === undefined ? [] : [`alter ${name} owner to ${quoteIdentifier(owner)}`]),
    ...(comment === undefined ? [] : [`comment on ${name} is ${quoteLiteral(comment)}`]),
    ...privilegeStatements(name, facts),
    ...labels.map(
      ({ provider, label }) => `security label for ${quoteIdentifier(provider)} on ${name} is ${quoteLiteral(label)}`,
    ),
    ...later.map((one) => settingStatement(database, one)),
    ...(connectionLimit === undefined ? [] : [`alter ${name} connection limit ${connectionLimit}`]),
    ...(isTemplate === true ? [`alter ${name} is_template true`] : []),
    ...(refusesConnections === true ? [`alter ${name} allow_connections false`] : []),
  ];
}

const PRIVILEGES = ['CONNECT', 'CREATE', 'TEMPORARY'];

function privilegeStatements(name: string, { privileges, owner }: DatabaseFacts): string[] {
  if (privileges === undefined) return [];
  const revoked = ['public', ...(owner === undefined ? [] : [quoteIdentifier(owner)])];
  return [
    ...revoked.map((grantee) => `revoke all on ${name} from ${grantee}`),
    ...privileges
      .filter(({ privilege }) => PRIVILEGES.includes(privilege))
      .map(
        ({ grantee, privilege, isGrantable }) =>
          `grant ${privilege} on ${name} to ${grantee === undefined ? 'public' : quoteIdentifier(grantee)}${isGrantable === true ? ' with grant option' : ''}`,
      ),
  ];
}
