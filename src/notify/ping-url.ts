import { ConfigError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';

/** Checks that a ping URL can be fetched. The `ConfigError` does not repeat the URL, which is a secret. */
export function parsePingUrl(text: string): URL {
  const url = parsed(text);
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new ConfigError('a ping URL must begin with https:// or http://, such as https://hc-ping.com/your-uuid');
}

/** The URL one step below another, which tells healthchecks.io of a start or a failure. A URL that cannot be read stays as it is. */
export function urlBelow(url: Secret, word: string): Secret {
  const target = parsed(url.reveal());
  if (target === undefined) return url;
  target.pathname = `${target.pathname.replace(/\/$/, '')}/${word}`;
  return new Secret(target.href);
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
