import { ConfigError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';

/** Checks that a ping URL is one that can be fetched. The `ConfigError` does not repeat it: it is as good as a key. */
export function parsePingUrl(text: string): URL {
  const url = parsed(text);
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new ConfigError('a ping URL is not a http:// or https:// address', 'Use one such as https://hc-ping.com/UUID.');
}

/** Where a check at healthchecks.io is told of a failure: `/fail` below its own URL. One that cannot be read stays. */
export function failUrlOf(url: Secret): Secret {
  const target = parsed(url.reveal());
  if (target === undefined) return url;
  target.pathname = `${target.pathname.replace(/\/$/, '')}/fail`;
  return new Secret(target.href);
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
