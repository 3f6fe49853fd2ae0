import { Secret } from '../core/secret.ts';

/** What programs need to run at all, to speak TLS and Kerberos. */
const SYSTEM = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_CTYPE', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH'];
const SECURITY = ['KRB5CCNAME', 'KRB5_CONFIG', 'KRB5_CLIENT_KTNAME', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'OPENSSL_CONF'];

/**
 * libpq's own variables (https://www.postgresql.org/docs/current/libpq-envars.html), without those that would change
 * what a dump contains: PGCLIENTENCODING would have it in another encoding than the database's.
 */
const LIBPQ = `
  PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSFILE PGSERVICE PGSERVICEFILE PGSYSCONFDIR PGOPTIONS PGAPPNAME
  PGREQUIREAUTH PGCHANNELBINDING PGREQUIREPEER PGSSLMODE PGREQUIRESSL PGSSLNEGOTIATION PGSSLCOMPRESSION PGSSLCERT
  PGSSLKEY PGSSLCERTMODE PGSSLROOTCERT PGSSLCRL PGSSLCRLDIR PGSSLSNI PGSSLMINPROTOCOLVERSION PGSSLMAXPROTOCOLVERSION
  PGGSSENCMODE PGKRBSRVNAME PGGSSLIB PGGSSDELEGATION PGCONNECT_TIMEOUT PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS
  PGMINPROTOCOLVERSION PGMAXPROTOCOLVERSION`;

export type ProgramEnvironment = Readonly<Record<string, string | Secret>>;

/**
 * What pg_dump and psql inherit: what libpq needs and nothing else, above all none of pgbak's own secrets. Messages are
 * asked for in English, since failures are recognized by them; the character set stays.
 */
export function programEnvironment(env: Readonly<Record<string, string | undefined>>): ProgramEnvironment {
  const inherited: Record<string, string | Secret> = {};
  for (const name of [...SYSTEM, ...SECURITY, ...LIBPQ.trim().split(/\s+/)]) {
    const value = env[name];
    if (value !== undefined && value !== '') inherited[name] = value;
  }
  const { LC_ALL: locale, PGPASSWORD: password } = env;
  if (locale !== undefined && locale !== '') inherited['LC_CTYPE'] = locale;
  if (password !== undefined && password !== '') inherited['PGPASSWORD'] = new Secret(password);
  return { PATH: '/usr/local/bin:/usr/bin:/bin', PGCONNECT_TIMEOUT: '30', ...inherited, LC_MESSAGES: 'C' };
}

/** The same for a server of pgbak's own, to which a user's settings for other servers must not lead past. */
export function ownServerEnvironment(env: Readonly<Record<string, string | undefined>>): ProgramEnvironment {
  return programEnvironment(Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PG'))));
}
