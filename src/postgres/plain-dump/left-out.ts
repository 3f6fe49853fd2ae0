import type { Statement } from './statement.ts';
import { isAuthorization } from './what-pg-dump-writes.ts';

/** Which of pg_dump's own statements are not to be run: those that the user does not want, and those that the role may not run. */
export interface LeftOut {
  /** `ALTER ... OWNER TO`, as pg_restore's `--no-owner` has it. */
  owners: boolean;
  /** `GRANT`, `REVOKE`, `ALTER DEFAULT PRIVILEGES`, as pg_restore's `--no-privileges` has it. */
  privileges: boolean;
  /** Extensions whose comments stay as they are, since another role owns them. */
  extensions: ReadonlySet<string>;
  /** Whether the comment on the schema `public` stays as it is, for the same reason. */
  publicComment: boolean;
  /** All goes into the tablespace of the database. */
  tablespaces: boolean;
}

export const NOTHING_LEFT_OUT: LeftOut = {
  owners: false,
  privileges: false,
  extensions: new Set(),
  publicComment: false,
  tablespaces: false,
};

/** Whether a statement of which so much has been read may turn out to be one that is left out. */
export function mayBeLeftOut({ tokens }: Statement, leftOut: LeftOut): boolean {
  const [first = '', second, third] = tokens;
  switch (first) {
    case 'alter':
      return leftOut.owners || (leftOut.privileges && (second === undefined || second === 'default'));
    case 'grant':
    case 'revoke':
    case 'set':
    case 'reset':
      return leftOut.privileges;
    case 'comment':
      if (third === undefined || third === 'extension') return leftOut.extensions.size > 0 || leftOut.publicComment;
      return third === 'schema' && leftOut.publicComment;
    default:
      return false;
  }
}

/** Whether a whole statement is left out; `text` is it as it stands in the dump. */
export function isLeftOut({ tokens }: Statement, text: string, leftOut: LeftOut): boolean {
  const [first = '', second, third] = tokens;
  switch (first) {
    case 'alter':
      if (second === 'default') return leftOut.privileges && third === 'privileges';
      // Nothing but an owner's name follows; names with quotes are no words here.
      return leftOut.owners && tokens.at(-1) === ';' && tokens.at(-3) === 'to' && tokens.at(-4) === 'owner';
    case 'grant':
    case 'revoke':
      return leftOut.privileges;
    case 'set':
    case 'reset':
      return leftOut.privileges && isAuthorization(text);
    case 'comment': {
      const [, kind, name = ''] = /^\s*COMMENT ON (EXTENSION|SCHEMA) ("(?:[^"]|"")+"|[^\s"]+) IS /.exec(text) ?? [];
      const plain = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
      if (kind === 'EXTENSION') return leftOut.extensions.has(plain);
      return kind === 'SCHEMA' && leftOut.publicComment && plain === 'public';
    }
    default:
      return false;
  }
}
