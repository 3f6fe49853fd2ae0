import type { Hono } from 'hono';
import favicon from './favicon.svg';
import script from './page.browser.js';
import blocks from './style/blocks.css';
import facts from './style/facts.css';
import forms from './style/forms.css';
import others from './style/others.css';
import overviewAndServer from './style/overview-and-server.css';
import page from './style/page.css';
import settingsForm from './style/settings-form.css';
import states from './style/states.css';
import tables from './style/tables.css';

/** One stylesheet; what comes later in it may change what came before. */
const STYLE = [page, blocks, states, tables, overviewAndServer, facts, forms, settingsForm, others].join('\n');

const ASSETS = [
  ['/assets/style.css', 'text/css; charset=utf-8', STYLE],
  ['/assets/page.js', 'text/javascript; charset=utf-8', script],
  ['/assets/favicon.svg', 'image/svg+xml', favicon],
] as const;

/** The files that every page loads. They are the same for everybody, so they need no token. */
export function serveAssets(app: Hono): void {
  for (const [path, type, text] of ASSETS) app.get(path, (c) => c.body(text, 200, { 'content-type': type }));
  // Browsers ask for it where a page says nothing else.
  app.get('/favicon.ico', (c) => c.redirect('/assets/favicon.svg'));
}
