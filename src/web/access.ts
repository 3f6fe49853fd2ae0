import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { html } from 'hono/html';
import { getCookie, setCookie } from 'hono/cookie';
import type { MiddlewareHandler } from 'hono';
import { Secret } from '../core/secret.ts';
import { plainPage } from './layout.ts';

/** Who may see the pages: the holder of a token that is made anew at each start. */
export interface Access {
  token: Secret;
  /** Browsers send a cookie to all ports of a host, so each has a cookie of its own. */
  cookieName: string;
}

export function newAccess(port: number): Access {
  return { token: new Secret(randomBytes(32).toString('base64url')), cookieName: `pgbak-${port}` };
}

/**
 * Lets in only requests with the token: once in the address, then in a cookie that no script and no other site can use.
 * The answer to the address is a page that leads on, not a redirection: a browser that was led here by another program
 * sends no strict cookie while it is redirected (RFC 6265bis, "SameSite").
 */
export function onlyHolders({ token, cookieName }: Access): MiddlewareHandler {
  const isToken = (given: string | undefined) => given !== undefined && isSame(given, token.reveal());
  return async (c, next) => {
    if (c.req.method === 'GET' && c.req.path === '/' && isToken(c.req.query('token'))) {
      setCookie(c, cookieName, token.reveal(), { path: '/', httpOnly: true, sameSite: 'Strict' });
      const onward = html`<p><a href="/">Go on to the overview</a></p>`;
      return c.html(plainPage('pgbak', onward, html`<meta http-equiv="refresh" content="0; url=/" />`));
    }
    if (isToken(getCookie(c, cookieName))) return await next();
    return c.html(
      plainPage(
        'No access',
        html`<p>
            Open the address that <code>pgbak web</code> printed in its terminal. It is another one at each start.
          </p>
          <p>Where it was opened in this browser before: <a href="/">go on to the overview</a>.</p>`,
      ),
      403,
    );
  };
}

/** Both are hashed first, so that the time tells neither their length nor where they differ. */
function isSame(given: string, expected: string): boolean {
  const hashOf = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hashOf(given), hashOf(expected));
}

/**
 * Refuses requests that name another host: a site may let its own name lead to this machine (DNS rebinding), and its
 * pages could then read these. No site can make `localhost` or an address in numbers lead elsewhere, so these are
 * let in. The port is not compared: `ssh -L` may use another.
 *
 * @param names further names by which this machine is reached
 */
export function onlyOwnHosts(names: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const host = hostnameIn(c.req.header('host'));
    if (host === 'localhost' || isIP(host.replaceAll(/[[\]]/g, '')) !== 0 || names.includes(host)) return await next();
    return c.html(
      plainPage(
        'No access',
        html`<p>
          These pages have another address. Open the one that <code>pgbak web</code> printed in its terminal.
        </p>`,
      ),
      403,
    );
  };
}

/** The name in a Host header, without its port. */
function hostnameIn(header = ''): string {
  return header.replace(/:\d+$/, '').toLowerCase();
}

const BACK = html`<p><a href="/">Back to the overview</a></p>`;

/** Refuses forms of other sites. Browsers send `Origin` with each POST, and no page can change it. */
export const onlyOwnForms: MiddlewareHandler = async (c, next) => {
  if (['GET', 'HEAD'].includes(c.req.method)) return await next();
  const origin = c.req.header('origin');
  if (origin !== undefined && origin === `http://${c.req.header('host')}`) return await next();
  return c.html(
    plainPage(
      'Refused',
      html`<p>This form was not sent by a page of pgbak. Nothing was changed.</p>
        ${BACK}`,
    ),
    403,
  );
};

/** A form of settings has a few kilobytes. */
const MOST_FORM_BYTES = 256 * 1024;

/** Refuses a form that is too large before any of it is read. Browsers tell the length of each. */
export const onlySmallForms: MiddlewareHandler = async (c, next) => {
  const length = c.req.header('content-length');
  const hasBody = length !== undefined || c.req.header('transfer-encoding') !== undefined;
  if (!hasBody || Number(length) <= MOST_FORM_BYTES) return await next();
  c.header('connection', 'close');
  return c.html(
    plainPage(
      'Too much',
      html`<p>This form is larger than any that pgbak has. Nothing was changed.</p>
        ${BACK}`,
    ),
    413,
  );
};
