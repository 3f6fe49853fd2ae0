import type { DatabaseFacts } from '../../core/database-facts.ts';
import { ConfigError, ProgramError } from '../../core/errors.ts';
import {
  describeLocale,
  isForTheLoad,
  lackingProvider,
  localeOptions,
  settingStatement,
  statementsFor,
  systemLocales,
} from './statements.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import type { Database } from '../../postgres/database.ts';

/** How to create a database like another one on a server. */
export interface DatabaseFit {
  /** The text after `CREATE DATABASE name TEMPLATE template0`. */
  options: string;
  /** Statements to run before a dump is loaded into it, and after. */
  before: string[];
  after: string[];
  /** For the plan: what will differ from the source, and why. */
  notes: string[];
}

export interface FitRequest {
  facts: DatabaseFacts;
  /** The name of the new database. */
  database: string;
  /** For people: the server that gets it. */
  label: string;
  /** The major version of that server. */
  major: number;
  /** Keep the owner, or the privileges, that the server gives it. */
  noOwner: boolean;
  noPrivileges: boolean;
  /** Whether the roles that the server lacks will be created first. */
  rolesComing: boolean;
  /** Another database of the server, reached as the role that creates the new one. */
  server: Database;
}

const INSTEAD = 'Or create the database yourself, and restore into it without --create.';

/**
 * Asks a server, without a change, how it can create a database like another one. Encoding, provider and locale must be
 * the same: with another order of texts, constraints might not hold. The server gets the other properties that it
 * accepts, and notes name the rest.
 *
 * @throws ConfigError with the remedy, where encoding, provider or locale cannot be the same
 */
export async function fitDatabase(request: FitRequest): Promise<DatabaseFit> {
  const { facts, database, label, major } = request;
  const lacking = lackingProvider(facts, major);
  if (lacking !== undefined) throw new ConfigError(`${whatWas(facts)}: ${lacking}`, INSTEAD);
  for (const name of systemLocales(facts)) {
    if (await hasLocale(name, request)) continue;
    throw new ConfigError(
      `${whatWas(facts)}, but the machine of ${label} has no locale ${name}`,
      `Install it there (Debian: add it to /etc/locale.gen, run locale-gen, restart PostgreSQL). ${INSTEAD}`,
    );
  }
  const there = await askServer(request);
  if (facts.provider === 'icu' && !there.hasIcu) {
    throw new ConfigError(`${whatWas(facts)}, but ${label} was built without ICU`, INSTEAD);
  }
  const notes: string[] = [];
  const { collationVersion } = facts;
  if (
    collationVersion !== undefined &&
    there.collationVersion !== undefined &&
    there.collationVersion !== collationVersion
  ) {
    notes.push(
      `its texts were sorted by version ${collationVersion} of their collation, and the target has version ${there.collationVersion}: some texts may be sorted differently`,
    );
  }
  const wanted = withoutWhatIsMissing(request, there, notes);
  const early = (wanted.settings ?? []).filter((one) => isForTheLoad(one));
  const { tablespace } = wanted;
  return {
    options:
      localeOptions(facts, major) + (tablespace === undefined ? '' : ` tablespace ${quoteIdentifier(tablespace)}`),
    before: early.map((setting) => settingStatement(database, setting)),
    after: statementsFor(database, wanted),
    notes,
  };
}

function whatWas(facts: DatabaseFacts): string {
  return `the database was made with ${describeLocale(facts)}`;
}

/** Whether the server's machine has a locale. It is tested with a setting that every role may try for one statement. */
async function hasLocale(name: string, { server }: FitRequest): Promise<boolean> {
  try {
    await server.ask(`select pg_catalog.set_config('lc_monetary', ${quoteLiteral(name)}, true)`);
    return true;
  } catch (error) {
    if (error instanceof ProgramError && error.find(/lc_monetary/) !== null) return false;
    throw error;
  }
}

interface There {
  roles: Set<string>;
  /** Roles that the asking role may make the owner of a database. */
  givable: Set<string>;
  tablespaces: Set<string>;
  /** Settings by name in lower case, and whether only a superuser may set them. */
  settings: Map<string, boolean>;
  isSuperuser: boolean;
  hasIcu: boolean;
  collationVersion: string | undefined;
}

async function askServer({ facts, server }: FitRequest): Promise<There> {
  const { owner, privileges = [], settings = [], tablespace, provider, locale = '' } = facts;
  const roles = [owner, ...privileges.map(({ grantee }) => grantee), ...settings.map(({ role }) => role)];
  const collations =
    provider === 'icu'
      ? `c.collname in (${list([`${locale}-x-icu`, 'und-x-icu'])})`
      : `c.collprovider = 'c' and c.collversion is not null`;
  const [[json = '{}'] = []] = await server.ask(`select pg_catalog.jsonb_build_object(
    'isSuperuser', pg_catalog.current_setting('is_superuser') = 'on',
    'hasIcu', exists (select from pg_catalog.pg_collation where collprovider = 'i'),
    'collationVersion', (select pg_catalog.pg_collation_actual_version(c.oid) from pg_catalog.pg_collation c
      where ${collations} order by c.collname <> ${quoteLiteral(`${locale}-x-icu`)} limit 1),
    'roles', (select pg_catalog.jsonb_agg(r.rolname) from pg_catalog.pg_roles r where r.rolname in (${list(roles)})),
    'givable', (select pg_catalog.jsonb_agg(r.rolname) from pg_catalog.pg_roles r where r.rolname in (${list([owner])})
      and pg_catalog.pg_has_role(r.oid, 'MEMBER')),
    'tablespaces', (select pg_catalog.jsonb_agg(t.spcname) from pg_catalog.pg_tablespace t
      where t.spcname in (${list([tablespace])}) and pg_catalog.has_tablespace_privilege(t.oid, 'CREATE')),
    'settings', (select pg_catalog.jsonb_object_agg(pg_catalog.lower(s.name), s.context = 'superuser')
      from pg_catalog.pg_settings s where pg_catalog.lower(s.name) in (${list(settings.map(({ name }) => name.toLowerCase()))}))
  )`);
  const answer: Partial<Record<string, unknown>> = JSON.parse(json);
  const texts = (name: string) => {
    const value = answer[name];
    return new Set(Array.isArray(value) ? value.map(String) : []);
  };
  const version = answer['collationVersion'];
  const known = answer['settings'];
  return {
    roles: texts('roles'),
    givable: texts('givable'),
    tablespaces: texts('tablespaces'),
    settings: new Map(
      typeof known === 'object' && known !== null
        ? Object.entries(known).map(([name, value]) => [name, value === true])
        : [],
    ),
    isSuperuser: answer['isSuperuser'] === true,
    hasIcu: answer['hasIcu'] === true,
    collationVersion: typeof version === 'string' ? version : undefined,
  };
}

function list(values: readonly (string | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? 'null' : known.map((value) => quoteLiteral(value)).join(', ');
}

/** The facts without those that the server cannot accept. `notes` gets each of those, and why. */
function withoutWhatIsMissing(request: FitRequest, there: There, notes: string[]): DatabaseFacts {
  const { noOwner, noPrivileges, rolesComing } = request;
  const { owner, tablespace, privileges, settings = [], labels, ...rest } = request.facts;
  const has = (role: string) => rolesComing || there.roles.has(role);
  const leftOut = (what: string, why: string) => void notes.push(`left out: ${what} (${why})`);
  const wanted: DatabaseFacts = { ...rest };

  if (owner !== undefined && !noOwner) {
    if (!has(owner)) leftOut(`its owner ${owner}`, 'the target has no such role');
    else if (!there.isSuperuser && !there.givable.has(owner)) {
      leftOut(`its owner ${owner}`, 'the role that restores is not a member of it');
    } else wanted.owner = owner;
  }
  if (tablespace !== undefined) {
    if (there.tablespaces.has(tablespace)) wanted.tablespace = tablespace;
    else leftOut(`its tablespace ${tablespace}`, 'the target lacks it, or the role may not use it');
  }
  if (privileges !== undefined && !noPrivileges) {
    const missing = new Set(
      privileges.flatMap(({ grantee }) => (grantee === undefined || has(grantee) ? [] : [grantee])),
    );
    for (const role of missing) leftOut(`privileges of ${role} on it`, 'the target has no such role');
    wanted.privileges = privileges.filter(({ grantee }) => grantee === undefined || !missing.has(grantee));
  }
  wanted.settings = settings.filter(({ name, role }) => {
    const isForSuperusers = there.settings.get(name.toLowerCase());
    const why =
      role !== undefined && !has(role)
        ? `the target has no role ${role}`
        : isForSuperusers === undefined && !name.includes('.')
          ? 'that version does not know it'
          : isForSuperusers === true && !there.isSuperuser
            ? 'only a superuser may set it'
            : undefined;
    if (why !== undefined) leftOut(`its setting ${name}`, why);
    return why === undefined;
  });
  if (labels !== undefined) {
    if (there.isSuperuser) wanted.labels = labels;
    else leftOut('its security labels', 'only a superuser may set them');
  }
  if (!there.isSuperuser) delete wanted.isTemplate;
  return wanted;
}
