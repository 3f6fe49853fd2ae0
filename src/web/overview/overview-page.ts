import type { Hono } from 'hono';
import { html } from 'hono/html';
import { collectOverview, selected, selectionOf } from '../../monitor/overview.ts';
import { page } from '../layout.ts';
import { noticeView } from '../notice-view.ts';
import type { Site } from '../site.ts';
import { choicesOf, filterOf } from './choose-servers.ts';
import { tableOf } from './server-rows.ts';

/** All servers with their state. */
export function overview(app: Hono, site: Site): void {
  app.get('/', async (c) => {
    const { servers, counts } = await collectOverview(site.context);
    const notice = noticeView(site.notices.take('/'));
    if (servers.length === 0) return c.html(page(site, { title: 'Overview', place: '/' }, html`${notice} ${WELCOME}`));
    const selection = selectionOf(c.req.query());
    const shown = selected(servers, selection);
    const actions = html`<form method="post" action="/run"><button>Run all now</button></form>
      <a class="button primary" href="/add">Add a server</a>`;
    const found =
      shown.length === 0
        ? html`<div class="empty">
            <p>No server fits. <a href="/">Show all ${servers.length}</a></p>
          </div>`
        : tableOf(shown, selection, site.context);
    const banner = await site.schedule.banner();
    return c.html(
      page(
        site,
        { title: 'Overview', place: '/', actions },
        html`${notice} ${banner}
          <div class="head">${choicesOf(counts, servers.length, selection)}${filterOf(selection)}</div>
          ${found}`,
      ),
    );
  });
}

const WELCOME = html`<div class="empty">
  <h2>No servers yet</h2>
  <p>
    A server is a PostgreSQL database that pgbak backs up: where it is, how often it is dumped, and where the archives
    go. Add the first one, and pgbak tries the connection and the storage before it stores anything.
  </p>
  <p><a class="button primary" href="/add">Add a server</a></p>
</div>`;
