import { ConfigError } from '../errors.ts';

/** Checks that a ping URL is one that can be fetched. The `ConfigError` does not repeat it: it is as good as a key. */
export function parsePingUrl(text: string): URL {
  const url = parsed(text);
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new ConfigError('a ping URL is not a http:// or https:// address', 'Use one such as https://hc-ping.com/UUID.');
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
