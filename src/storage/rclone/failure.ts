import { PgbakError, RefusedError, StorageError } from '../../core/errors.ts';
import { withoutPasswords } from '../../core/printable.ts';
import { Secret } from '../../core/secret.ts';
import type { Ending } from '../../system/programs.ts';

/** Why a call of rclone failed. Its words may be of any length, and are shortened before a person sees them. */
export class RcloneFailure extends Error {
  readonly exitCode: number | undefined;
  readonly #ending: Ending;

  constructor(ending: Ending) {
    super('rclone failed');
    this.exitCode = ending.exitCode;
    this.#ending = ending;
  }

  /** Whether a pattern is in the words of rclone, before secrets were hidden in them. */
  tells(pattern: RegExp): boolean {
    return pattern.test(this.#ending.rawStderr.reveal());
  }

  /** Neither the file nor its directory is there (https://rclone.org/docs/#exit-code). */
  get isMissing(): boolean {
    return this.exitCode === 3 || this.exitCode === 4;
  }

  /** Whether the trouble may pass: exit code 5, a program that was killed, the network, a service that is too busy. */
  get mayPass(): boolean {
    if (this.isMissing) return false;
    const isFinal = REASONS.some(({ pattern, mayPass }) => mayPass !== true && this.tells(pattern));
    if (isFinal) return false;
    return this.exitCode === 5 || this.exitCode === undefined || REASONS.some(({ pattern }) => this.tells(pattern));
  }

  /** The last line that says why, without its date. */
  get words(): string {
    if (this.#ending.signal !== undefined) return `it was ended by ${this.#ending.signal}`;
    const lines = this.#ending.stderrTail.split('\n').flatMap((line) => saidIn(line));
    const line = lines.findLast((one) => one.startsWith('Failed to')) ?? lines.at(-1) ?? `exit status ${this.exitCode}`;
    const why = line.replace(/^Failed to \w+(?: with \d+ errors?: last error was)?: /, '');
    return shortened(withoutPasswords(why.replaceAll(/\?[^\s"']+/g, '')));
  }
}

/** The failure of an rclone that pgbak ended, with the reason. */
export function givenUp(why: string): RcloneFailure {
  return new RcloneFailure({ exitCode: undefined, signal: undefined, stderrTail: why, rawStderr: new Secret('') });
}

/** The words of a line of the log, plain or JSON; none of a line that only counts. */
function saidIn(line: string): string[] {
  if (!line.startsWith('{')) return [line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '').trim()];
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || 'stats' in entry || !('msg' in entry)) return [];
    return typeof entry.msg === 'string' ? [entry.msg.trim()] : [];
  } catch {
    return [];
  }
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 240 ? `${line.slice(0, 239)}…` : line;
}

interface Reason {
  pattern: RegExp;
  why: (remote: string, words: string) => string;
  hint: (remote: string) => string;
  mayPass?: true;
}

const byHand = (remote: string) => `To try it by hand: rclone lsd ${asWord(`${remote}:`)}`;
const THE_FILE =
  'cron and systemd may start pgbak with another HOME than yours: set RCLONE_CONFIG to the file that this prints: rclone config file';

/** What rclone and the services behind it say, the most telling first. */
const REASONS: readonly Reason[] = [
  {
    pattern: /didn't find section in config file/,
    why: (remote) => `rclone's configuration has no remote "${remote}"`,
    hint: () => `To see the remotes: rclone listremotes. ${THE_FILE}`,
  },
  {
    pattern: /not allowed to ask for password|[Cc]ouldn't decrypt configuration|unable to decrypt configuration/,
    why: () => "rclone's configuration is encrypted, and its password is missing or another one",
    hint: () => 'Set RCLONE_CONFIG_PASS where pgbak is started.',
  },
  {
    pattern: /[Ff]ailed to load config|could not parse line|couldn't find type field/,
    why: (_remote, words) => `rclone's configuration cannot be read: ${words}`,
    hint: () => `To see which file it is: rclone config file`,
  },
  {
    pattern:
      /invalid_grant|couldn't fetch token|token (has )?(been )?(expired|revoked)|expired_?(access_?)?token|empty token/i,
    why: (remote) => `the token of the remote "${remote}" has expired or was revoked`,
    hint: (remote) => `Log in again: rclone config reconnect ${asWord(`${remote}:`)}`,
  },
  {
    pattern:
      /no space left|quota ?exceeded|over quota|insufficient ?storage|not enough (disk )?space|disk( is)? full|\b507\b/i,
    why: (remote) => `the remote "${remote}" is full`,
    hint: () => 'Free some space there, or raise its quota. Nothing was stored.',
  },
  {
    pattern: /knownhosts|host key|key mismatch/i,
    why: (_remote, words) => `the host's key is not the known one: ${words}`,
    hint: () => 'Compare it, and correct the known_hosts_file of the remote.',
  },
  {
    pattern:
      /unable to authenticate|401 Unauthorized|InvalidAccessKeyId|SignatureDoesNotMatch|LOGON_FAILURE|logon is invalid|login incorrect|530 |SSH_AUTH_SOCK/i,
    why: (_remote, words) => `the login was refused: ${words}`,
    hint: (remote) => `Correct the remote: rclone config update ${asWord(remote)}. ${byHand(remote)}`,
  },
  {
    pattern:
      /permission denied|operation not permitted|access ?denied|403 Forbidden|insufficient.?permission|\b550\b|read-only file system/i,
    why: (_remote, words) => `permission denied: ${words}`,
    hint: () => 'Let the user of the remote read, write and remove there, or name another path.',
  },
  {
    pattern:
      /no such host|connection refused|connection reset|connection lost|no route to host|network is unreachable|i\/o timeout|TLS handshake timeout|deadline exceeded|broken pipe|unexpected EOF|ssh: handshake failed: EOF/i,
    why: (_remote, words) => `its host cannot be reached: ${words}`,
    hint: (remote) => `Check the network and the host. ${byHand(remote)}`,
    mayPass: true,
  },
  {
    pattern: /rate ?limit|too many requests|\b(429|500|502|503|504)\b|temporarily unavailable|try again later/i,
    why: (_remote, words) => `the service is too busy: ${words}`,
    hint: () => 'The next run tries again.',
    mayPass: true,
  },
];

/**
 * A failure of rclone in one line that a user can act on; errors of pgbak itself and bugs stay as they are. `what` is what was
 * tried, after "cannot …".
 */
export function rcloneError(error: unknown, what: string, remote: string): unknown {
  if (error instanceof PgbakError || !(error instanceof RcloneFailure)) return error;
  const reason = REASONS.find(({ pattern }) => error.tells(pattern));
  if (reason !== undefined) {
    const message = `cannot ${what}: ${reason.why(remote, error.words)}`;
    const hint = reason.hint(remote);
    return reason.mayPass === true ? new StorageError(message, hint) : new RefusedError(message, hint);
  }
  if (error.isMissing) return new StorageError(`cannot ${what}: it is not there`, byHand(remote));
  return new StorageError(`cannot ${what}: rclone: ${error.words}`, byHand(remote));
}

/** For a shell; a remote's name may hold spaces. */
function asWord(text: string): string {
  return /^[\w.:@+-]+$/.test(text) ? text : `'${text}'`;
}
