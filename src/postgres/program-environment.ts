import { Secret } from '../core/secret.ts';
import { LIBPQ_VARIABLES } from './libpq.ts';

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
