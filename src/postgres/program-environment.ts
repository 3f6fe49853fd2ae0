import { Secret } from '../core/secret.ts';

/**
 * The parameters of a connection string that libpq 13 to 18 know, each with its environment variable, where there is
 * one that client programs may inherit (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS,
 * libpq-envars.html).
 *
 * Two variables are missing on purpose: PGCLIENTENCODING would write a dump in another encoding than the database's,
 * and PGPASSWORD is a secret.
 */
const PARAMETERS = `
  application_name=PGAPPNAME channel_binding=PGCHANNELBINDING client_encoding= connect_timeout=PGCONNECT_TIMEOUT
  dbname=PGDATABASE fallback_application_name= gssdelegation=PGGSSDELEGATION gssencmode=PGGSSENCMODE gsslib=PGGSSLIB
  host=PGHOST hostaddr=PGHOSTADDR keepalives= keepalives_count= keepalives_idle= keepalives_interval=
  krbsrvname=PGKRBSRVNAME load_balance_hosts=PGLOADBALANCEHOSTS max_protocol_version=PGMAXPROTOCOLVERSION
  min_protocol_version=PGMINPROTOCOLVERSION oauth_client_id= oauth_client_secret= oauth_issuer= oauth_scope=
  options=PGOPTIONS passfile=PGPASSFILE password= port=PGPORT replication= require_auth=PGREQUIREAUTH
  requirepeer=PGREQUIREPEER scram_client_key= scram_server_key= service=PGSERVICE servicefile=PGSERVICEFILE
  ssl_max_protocol_version=PGSSLMAXPROTOCOLVERSION ssl_min_protocol_version=PGSSLMINPROTOCOLVERSION sslcert=PGSSLCERT
  sslcertmode=PGSSLCERTMODE sslcompression=PGSSLCOMPRESSION sslcrl=PGSSLCRL sslcrldir=PGSSLCRLDIR sslkey=PGSSLKEY
  sslkeylogfile= sslmode=PGSSLMODE sslnegotiation=PGSSLNEGOTIATION sslpassword= sslrootcert=PGSSLROOTCERT sslsni=PGSSLSNI
  target_session_attrs=PGTARGETSESSIONATTRS tcp_user_timeout= user=PGUSER`;

const VARIABLES = new Map(
  PARAMETERS.trim()
    .split(/\s+/)
    .map((pair): [parameter: string, variable: string] => {
      const [parameter = '', variable = ''] = pair.split('=');
      return [parameter, variable];
    }),
);

export function isKnownParameter(keyword: string): boolean {
  return VARIABLES.has(keyword);
}

/** libpq's variables that client programs inherit. The last two belong to no parameter of a connection string. */
export const LIBPQ_VARIABLES: readonly string[] = [
  ...[...VARIABLES.values()].filter((name) => name !== ''),
  'PGREQUIRESSL',
  'PGSYSCONFDIR',
];

/** Variables that programs need to run at all, and to speak TLS and Kerberos. */
const SYSTEM = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_CTYPE', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH'];
const SECURITY = ['KRB5CCNAME', 'KRB5_CONFIG', 'KRB5_CLIENT_KTNAME', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'OPENSSL_CONF'];

export type ProgramEnvironment = Readonly<Record<string, string | Secret>>;

/**
 * The variables that pg_dump and psql inherit: only those that libpq needs, and no secret of pgbak. Messages are in
 * English, because pgbak recognizes failures by them. The character set stays.
 */
export function programEnvironment(env: Readonly<Record<string, string | undefined>>): ProgramEnvironment {
  const inherited: Record<string, string | Secret> = {};
  for (const name of [...SYSTEM, ...SECURITY, ...LIBPQ_VARIABLES]) {
    const value = env[name];
    if (value !== undefined && value !== '') inherited[name] = value;
  }
  const { LC_ALL: locale, PGPASSWORD: password } = env;
  if (locale !== undefined && locale !== '') inherited['LC_CTYPE'] = locale;
  if (password !== undefined && password !== '') inherited['PGPASSWORD'] = new Secret(password);
  return { PATH: '/usr/local/bin:/usr/bin:/bin', PGCONNECT_TIMEOUT: '30', ...inherited, LC_MESSAGES: 'C' };
}

/** The same for a server that pgbak starts itself: the user's variables would lead to another server. */
export function ownServerEnvironment(env: Readonly<Record<string, string | undefined>>): ProgramEnvironment {
  return programEnvironment(Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PG'))));
}
