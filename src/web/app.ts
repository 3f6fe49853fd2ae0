import { Hono } from 'hono';
import { html } from 'hono/html';
import { describeFailure, LockedError, PgbakError } from '../core/errors.ts';
import { onlyHolders, onlyOwnForms, onlyOwnHosts, onlySmallForms, type Access } from './access.ts';
import { serveAssets } from './assets.ts';
import { safeHeaders } from './headers.ts';
import { page } from './layout.ts';
import { doctorPage } from './doctor/doctor-page.ts';
import { deletePage } from './form/delete-page.ts';
import { formPages } from './form/form-pages.ts';
import { beginPages } from './jobs/begin-page.ts';
import { jobPages } from './jobs/job-page.ts';
import { logPages } from './logs/log-pages.ts';
import { overview } from './overview/overview-page.ts';
import { serverPage } from './server/server-page.ts';
import { toldView } from './told-view.ts';
import type { Site } from './site.ts';

/** All pages. The order of the guards is the order in which a request meets them. */
export function pagesOf(site: Site, access: Access, hostNames: readonly string[]): Hono {
  const app = new Hono();
  app.use(safeHeaders);
  app.use(onlyOwnHosts(hostNames));
  serveAssets(app);
  app.use(onlyHolders(access));
  app.use(onlyOwnForms);
  app.use(onlySmallForms);
  // Another process may add or change destinations at any time.
  app.use(async (_request, next) => {
    const { catalog, environment } = site.context;
    environment.namedDestinations = await catalog.destinations.list();
    await next();
  });
  overview(app, site);
  beginPages(app, site);
  jobPages(app, site);
  formPages(app, site);
  deletePage(app, site);
  serverPage(app, site);
  logPages(app, site);
  doctorPage(app, site);
  app.notFound((c) =>
    c.html(
      page(
        site,
        { title: 'Not found' },
        html`<p>There is no such page. Its server may have been deleted.</p>
          <p><a href="/">Back to the overview</a></p>`,
      ),
      404,
    ),
  );
  app.onError((error, c) => {
    const { message, hint, stack } = describeFailure(error);
    // A fault of pgbak is told where its log goes.
    if (stack !== undefined) site.context.report({ type: 'note', message: `${message}\n${stack}` });
    const [, server] = /^\/servers\/(\d+)\//.exec(c.req.path) ?? [];
    const back =
      server === undefined
        ? html`<a class="button" href="/">Back to the overview</a>`
        : html`<a class="button" href="/servers/${server}">Back to the server</a>`;
    const body = html`<div class="problem">
        <div class="stack told-lines">
          <p>${message}</p>
          ${hint === undefined ? '' : html`<div class="hint">${toldView(hint)}</div>`}
        </div>
      </div>
      <div class="actions">${back}</div>`;
    return c.html(
      page(site, { title: 'That did not work' }, body),
      error instanceof LockedError ? 409 : error instanceof PgbakError ? 422 : 500,
    );
  });
  return app;
}
