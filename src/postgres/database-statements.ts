import type { DatabaseFacts, DatabaseSetting } from '../core/database-facts.ts';
import { LIST_SETTINGS } from './list-settings.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';

/**
 * Settings of a database under which a dump has to be loaded, since they decide how values are read, or functions that
 * the load calls ask for them. Others may forbid what the load has to do, and come after it.
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

/** `"$user", public` taken apart, as pg_dump does (src/bin/pg_dump/dumputils.c, SplitGUCList). */
function splitList(list: string): string[] {
  const members = list.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^\s,"]+))\s*(?:,|$)/g);
  return [...members]
    .map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain)
    .filter((one) => one !== '');
}

/** Everything else that a database was given, in the order in which it has to be given. */
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
