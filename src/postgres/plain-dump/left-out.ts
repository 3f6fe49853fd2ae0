import type { Statement } from './statement.ts';
import { isAuthorization } from './what-pg-dump-writes.ts';

/** Statements of pg_dump that are not run, because the user does not want them or the role may not run them. */
export interface LeftOut {
  /** `ALTER ... OWNER TO`, as pg_restore's `--no-owner` has it. */
  owners: boolean;
  /** `GRANT`, `REVOKE`, `ALTER DEFAULT PRIVILEGES`, as pg_restore's `--no-privileges` has it. */
  privileges: boolean;
  /** Extensions whose comments stay as they are, since another role owns them. */
  extensions: ReadonlySet<string>;
  /** Whether the comment on the schema `public` stays as it is, for the same reason. */
  publicComment: boolean;
  /** Put everything into the tablespace of the database. */
  tablespaces: boolean;
}

export const NOTHING_LEFT_OUT: LeftOut = {
  owners: false,
  privileges: false,
  extensions: new Set(),
  publicComment: false,
  tablespaces: false,
};

/** Whether a statement may be left out, judged by as much of it as was read. */
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

/** Whether a complete statement is left out. `text` is the statement as it stands in the dump. */
export function isLeftOut({ tokens }: Statement, text: string, leftOut: LeftOut): boolean {
  const [first = '', second, third] = tokens;
  switch (first) {
    case 'alter':
      if (second === 'default') return leftOut.privileges && third === 'privileges';
      // Only the owner's name stands between TO and the semicolon. A quoted name is the token `"`, so it cannot pass
      // for TO.
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
