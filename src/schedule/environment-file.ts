import { secretsOfDestination, type DestinationRecord } from '../server/destination-record.ts';
import { isReference, withoutBelow } from '../server/reference.ts';
import { secretsOf, type ServerRecord } from '../server/server.ts';
import { ConfigError } from '../core/errors.ts';

/** The variables that a scheduled run may need. */
const NAMES = `
  DB_PATH TMPDIR B2_KEY_ID B2_APP_KEY B2_BUCKET B2_API_URL ARCHIVE_PASSWORD PGBAK_DESTINATION PGBAK_TMPDIR PGBAK_TMP_LIMIT
  PGBAK_PG_BIN PGBAK_7Z PGBAK_RCLONE RCLONE_CONFIG RCLONE_CONFIG_PASS PGBAK_SCRATCH_URL PGBAK_CATALOG_COPY BACKUP_TIMEOUT_SEC MEZMO_INGESTION_KEY MEZMO_URL LOG_HOSTNAME XDG_DATA_HOME
  HTTPS_PROXY https_proxy HTTP_PROXY http_proxy ALL_PROXY all_proxy NO_PROXY no_proxy NODE_OPTIONS NODE_USE_SYSTEM_CA NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR
  AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_REGION AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_CONFIG_FILE
  AWS_SHARED_CREDENTIALS_FILE AWS_ROLE_ARN AWS_ROLE_SESSION_NAME AWS_WEB_IDENTITY_TOKEN_FILE AWS_CA_BUNDLE
  KRB5_CONFIG KRB5CCNAME KRB5_CLIENT_KTNAME TZ`
  .trim()
  .split(/\s+/);

/** A key that may delete is needed only where scheduled runs prune. */
const PRUNE_NAMES = ['B2_PRUNE_KEY_ID', 'B2_PRUNE_APP_KEY'];

/**
 * The variables of this shell that a scheduled run needs, including those behind `env:NAME` references, as a file that systemd
 * (systemd.exec(5), EnvironmentFile=) and a POSIX shell read alike.
 */
export function environmentFileText(
  servers: readonly ServerRecord[],
  destinations: readonly DestinationRecord[],
  env: Readonly<Record<string, string | undefined>>,
): string {
  const secrets = [...servers.flatMap(secretsOf), ...destinations.flatMap(secretsOfDestination)];
  const texts = secrets.map(({ value }) => withoutBelow(value).reference.reveal());
  const referred = [...texts, ...NAMES.map((name) => env[name] ?? '')].flatMap((text) =>
    isReference(text) && text.startsWith('env:') ? [text.slice('env:'.length)] : [],
  );
  // libpq's variables change where and how safely a run connects: PGSSLMODE, PGSSLROOTCERT, PGPASSFILE, ...
  const libpq = Object.keys(env).filter((name) => /^PG[A-Z]+$/.test(name));
  const lines = [
    ...new Set([
      ...NAMES,
      ...libpq.toSorted(),
      ...(servers.some(({ autoPrune }) => autoPrune) ? PRUNE_NAMES : []),
      ...referred,
    ]),
  ].flatMap((name) => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [`${name}=${doubleQuoted(name, value)}`];
  });
  return [
    '# Variables for scheduled runs of pgbak. Secrets: keep this file to yourself (mode 0600).',
    ...lines,
    '',
  ].join('\n');
}

/** In double quotes, systemd and a shell know the same four escapes. */
function doubleQuoted(name: string, value: string): string {
  if (/[\n\r\0]/.test(value))
    throw new ConfigError(`the value of ${name} has a line break, which the file of a scheduler cannot hold`);
  return `"${value.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`;
}
