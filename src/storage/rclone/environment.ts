import { Secret } from '../../core/secret.ts';

/** Where programs, homes and configurations are, and what Go and the SDKs in rclone read. */
const NEEDED =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|XDG_\w+|SSH_AUTH_SOCK|SSL_CERT_(FILE|DIR)|KRB5\w+|(https?|no|all)_proxy|(AWS|AZURE|GOOGLE|OS|ST|B2|SWIFT)_\w+|RCLONE_\w+)$/i;

/** Certificates given this way end rclone's S3 (1.60: "unsupported transport"). */
const HARMFUL = /^AWS_CA_BUNDLE$/;

/**
 * Options of rclone that change what it sees, does or prints. In a shell they are handy; here they would hide archives from a
 * listing, or let an upload do nothing. What concerns a remote, the network or the configuration stays.
 */
const MEDDLING =
  /^RCLONE_(DUMP\w*|LOG_\w+|VERBOSE|QUIET|DRY_RUN|INTERACTIVE|PROGRESS\w*|STATS\w*|USE_JSON_LOG|SYSLOG\w*|RC|RC_\w+|INCLUDE\w*|EXCLUDE\w*|FILTER\w*|FILES_FROM\w*|M(IN|AX)_(SIZE|AGE|DEPTH|TRANSFER|DURATION)|IGNORE_\w+|IMMUTABLE|BACKUP_DIR|SUFFIX\w*|COMPARE_DEST|COPY_DEST|CUTOFF_MODE|DELETE_\w+|UPDATE|SIZE_ONLY|CHECKSUM|NO_TRAVERSE|NO_CHECK_DEST|ERROR_ON_NO_TRANSFER|RETRIES\w*|LOW_LEVEL_RETRIES|METADATA\w*|INPLACE|PARTIAL_SUFFIX|ASK_PASSWORD|AUTO_CONFIRM)$/;

const SECRET = /PASS|KEY|SECRET|TOKEN|CREDENTIAL/i;

/** The variables that rclone sees (https://rclone.org/docs/#environment-variables): no secret of another program. */
export function rcloneEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | Secret>> {
  const passed = Object.entries(variables).flatMap(([name, value]) => {
    if (value === undefined || !NEEDED.test(name) || MEDDLING.test(name) || HARMFUL.test(name)) return [];
    // A path may be shown, and stands in many messages.
    return [[name, SECRET.test(name) && !value.startsWith('/') ? new Secret(value) : value]] as const;
  });
  return { ...Object.fromEntries(passed), LC_ALL: 'C.UTF-8' };
}
