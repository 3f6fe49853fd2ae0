import { PasswordError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { Environment } from '../server/environment.ts';
import type { ServerRecord } from '../server/server.ts';
import { archivePasswordOf, earlierPasswordsOf } from '../server/settings.ts';

/** The passwords that may open an archive. */
export interface ArchivePasswords {
  /** Today's, or the one that a user gave. Where there is one, an archive without encryption is suspicious. */
  today: Secret | undefined;
  /** Tried after it, newest first. */
  earlier: readonly Secret[];
  /** Why others could not be tried. */
  problems?: readonly string[];
  /** Asks a person for one and tells why; undefined where there is no terminal. */
  ask?: (why: string) => Promise<Secret>;
}

/** How often a person may mistype a password before the archive would have to be fetched again. */
const MOST_QUESTIONS = 3;

/** The passwords of a server, or the given one alone: a given password that is wrong must be told of. */
export function passwordsOf(
  server: ServerRecord,
  environment: Environment,
  given: Secret | undefined,
): ArchivePasswords {
  if (given !== undefined) return { today: given, earlier: [] };
  const { passwords, problems } = earlierPasswordsOf(server, environment);
  return { today: archivePasswordOf(server, environment), earlier: passwords, problems };
}

/** Each password once, in the order in which they are tried. */
export function candidatesOf({ today, earlier }: ArchivePasswords): Secret[] {
  const all = [...(today === undefined ? [] : [today]), ...earlier];
  return [...new Map(all.map((password) => [password.reveal(), password])).values()];
}

/**
 * Opens an archive with the first password that opens it, and asks for another where none does.
 *
 * @param what names the archive: `backup 17 of shop`
 * @param open throws a `PasswordError` where the password is not the right one
 */
export async function openWithAny<Opened>(
  passwords: ArchivePasswords,
  what: string,
  open: (password: Secret | undefined) => Promise<Opened>,
): Promise<Opened> {
  const { ask, problems = [] } = passwords;
  const known = candidatesOf(passwords);
  let refusal = '';
  const tried = async (password: Secret | undefined, why: string) => {
    try {
      return { opened: await open(password) };
    } catch (error) {
      if (!(error instanceof PasswordError)) throw error;
      refusal = why;
      return undefined;
    }
  };
  const missing = `${what} is encrypted and no archive password is set`;
  const wrong =
    known.length < 2
      ? `the archive password does not open ${what}`
      : `none of the ${known.length} archive passwords opens ${what}`;
  for (const password of known.length === 0 ? [undefined] : known) {
    const found = await tried(password, password === undefined ? missing : wrong);
    if (found !== undefined) return found.opened;
  }
  for (const question of ask === undefined ? [] : Array.from({ length: MOST_QUESTIONS }, () => ask)) {
    const found = await tried(await question(refusal), `this password does not open ${what}`);
    if (found !== undefined) return found.opened;
  }
  const untried = problems.map((problem) => `Not tried: ${problem}.`);
  throw new PasswordError(refusal, [GIVE_PASSWORD, ...untried].join('\n'));
}

const GIVE_PASSWORD =
  'Give the password it was made with: --archive-password - (asks for it), or env:NAME, or file:/path';
