import { attempt, PgbakError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { parsePingUrl, urlBelow } from '../notify/ping-url.ts';
import type { Environment } from './environment.ts';
import { HEALTH_CHECKS } from './flag-groups.ts';
import { isReference, resolveReference, withoutBelow } from './reference.ts';
import type { ServerFields, ServerInput } from './server.ts';

/** Where a ping goes for each moment of a backup, and of its verification. */
interface PingUrls {
  start?: Secret;
  success?: Secret;
  fail?: Secret;
  verify?: Secret;
}

/**
 * The ping URLs of a server, apart from its other settings: a server whose settings are broken must still be able to
 * tell that it failed. A reference that leads nowhere becomes a problem and leaves the other URLs alone.
 */
export function resolvePingUrls(
  server: Pick<ServerFields, 'hcUrlStart' | 'hcUrlSuccess' | 'hcUrlFail' | 'hcUrlVerify'>,
  environment: Environment,
): { urls: PingUrls; problems: string[] } {
  const urls: PingUrls = {};
  const problems: string[] = [];
  const given = [
    ['start', server.hcUrlStart],
    ['success', server.hcUrlSuccess],
    ['fail', server.hcUrlFail],
    ['verify', server.hcUrlVerify],
  ] as const;
  for (const [moment, value] of given) {
    if (value === undefined) continue;
    const url = attempt(() => resolvePingUrl(value, `the ${moment} ping URL`, environment.variable));
    if (url instanceof PgbakError) problems.push(url.message);
    else urls[moment] = url;
  }
  return { urls, problems };
}

/** Resolves a ping URL, or the one below the URL that a reference leads to: `env:NAME#/fail`. */
export function resolvePingUrl(value: Secret, what: string, variable: Environment['variable']): Secret {
  const { reference, below } = withoutBelow(value);
  const url = resolveReference(reference, what, variable);
  return below === undefined ? url : urlBelow(url, below);
}

/** The flag, and the field of a form, that stands for three fields of a server. */
export const CHECK = {
  flag: 'hc-url',
  label: 'health check URL',
  example: 'https://hc-ping.com/UUID (made at healthchecks.io) or env:SHOP_CHECK',
  help: 'a check of healthchecks.io: pinged on success, at URL/start and URL/fail for start and failure',
  helpGroup: HEALTH_CHECKS,
  helpValue: 'URL',
} as const;

/**
 * The three ping URLs of one check at healthchecks.io (https://healthchecks.io/docs/http_api/): its own for success, `/start`
 * and `/fail` below it. Those of a reference are made when it is used: `env:NAME#/fail`. An empty text clears all three.
 */
export function pingUrlsBelow(base: string): Required<Pick<ServerInput, 'hcUrlStart' | 'hcUrlSuccess' | 'hcUrlFail'>> {
  const below = (word: string) => {
    if (base === '') return '';
    return isReference(base) ? `${base}#/${word}` : urlBelow(new Secret(base), word).reveal();
  };
  if (base !== '' && !isReference(base)) parsePingUrl(base);
  return { hcUrlStart: below('start'), hcUrlSuccess: base, hcUrlFail: below('fail') };
}
