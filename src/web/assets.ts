import type { Hono } from 'hono';
import favicon from './favicon.svg';
import script from './page.browser.js';
import style from './style.css';

const ASSETS = [
  ['/assets/style.css', 'text/css; charset=utf-8', style],
  ['/assets/page.js', 'text/javascript; charset=utf-8', script],
  ['/assets/favicon.svg', 'image/svg+xml', favicon],
] as const;

/** The files that every page loads. They are the same for everybody, so they need no token. */
export function serveAssets(app: Hono): void {
  for (const [path, type, text] of ASSETS) app.get(path, (c) => c.body(text, 200, { 'content-type': type }));
  // Browsers ask for it where a page says nothing else.
  app.get('/favicon.ico', (c) => c.redirect('/assets/favicon.svg'));
}
