import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { ConfigError, errorCode } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';

/** Whether a value refers to a secret kept elsewhere. Such a reference is safe to show. */
export function isReference(text: string): boolean {
  return text.startsWith('env:') || text.startsWith('file:');
}

/** A reference to a ping URL may name another URL below it: `env:NAME#/fail` is the URL in NAME with `/fail` behind its path. */
export function withoutBelow(value: Secret): { reference: Secret; below: string | undefined } {
  const text = value.reveal();
  const [, reference, below] = (isReference(text) && /^(.+)#\/(\w+)$/s.exec(text)) || [];
  return reference === undefined ? { reference: value, below } : { reference: new Secret(reference), below };
}

/**
 * Resolves `env:NAME` or `file:/path` (its first line), or returns the value itself where it is no reference. `what`
 * names it in the `ConfigError` for a variable that is not set and a file that cannot be read or is empty.
 */
export function resolveReference(value: Secret, what: string, variable: (name: string) => string | undefined): Secret {
  const text = value.reveal();
  if (text.startsWith('env:')) {
    const name = text.slice('env:'.length);
    const found = variable(name);
    if (found !== undefined) return new Secret(found, text);
    throw new ConfigError(
      `${what} refers to the environment variable ${name}, which is not set`,
      'Set it where pgbak is started; cron and systemd do not read your shell profile.',
    );
  }
  if (text.startsWith('file:')) return new Secret(firstLine(text.slice('file:'.length), what), text);
  return value;
}

function firstLine(path: string, what: string): string {
  if (!isAbsolute(path)) {
    throw new ConfigError(
      `${what} refers to the file ${path}, whose path must begin with /, such as file:/etc/pgbak/secret`,
    );
  }
  const [line = ''] = contents(path, what).split(/\r?\n/, 1);
  if (line === '') throw new ConfigError(`${what} refers to the file ${path}, whose first line is empty`);
  return line;
}

function contents(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reasons: Record<string, string> = {
      ENOENT: 'does not exist',
      ENOTDIR: 'does not exist',
      EACCES: 'may not be read by this user',
      EPERM: 'may not be read by this user',
      EISDIR: 'is a directory',
    };
    const code = errorCode(error) ?? 'unknown error';
    throw new ConfigError(`${what} refers to the file ${path}, which ${reasons[code] ?? `cannot be read (${code})`}`);
  }
}
