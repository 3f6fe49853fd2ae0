import type { Context as Request, Hono } from 'hono';
import { html } from 'hono/html';
import { archivesOf, deleteServer, lostPasswords, stayingInWords } from '../../retention/what-stays.ts';
import type { ServerRecord } from '../../server/server.ts';
import { idIn } from '../jobs/begin-page.ts';
import { page } from '../layout.ts';
import type { Site } from '../site.ts';

/** Of a wrong name no more is shown again. */
const MOST_SHOWN = 200;

/** Asks for the name of a server before it is deleted, and tells what stays of it. */
export function deletePage(app: Hono, site: Site): void {
  const { notices } = site;
  const { catalog } = site.context;

  app.get('/servers/:id/delete', async (c) => {
    const server = await catalog.servers.find(idIn(c.req.param('id')));
    if (server?.partOf !== undefined) return c.redirect(`/servers/${server.partOf.clusterId}/delete`, 303);
    return server === undefined ? c.notFound() : await show(c, server, c.req.query('typed'));
  });

  app.post('/servers/:id/delete', async (c) => {
    const server = await catalog.servers.find(idIn(c.req.param('id')));
    if (server?.partOf !== undefined) return c.redirect(`/servers/${server.partOf.clusterId}/delete`, 303);
    // A form that is sent twice leads to where it led before.
    if (server === undefined) return c.redirect('/', 303);
    const typed = new URLSearchParams(await c.req.text()).get('name') ?? '';
    if (typed.trim() !== server.name.trim()) {
      const again = new URLSearchParams({ typed: typed.slice(0, MOST_SHOWN) });
      return c.redirect(`/servers/${server.id}/delete?${again.toString()}`, 303);
    }
    const { told, commands, history } = await deleteServer(server, await archivesOf(server, catalog), catalog);
    notices.leave('/', { warnings: [], lines: [told, history], commands });
    return c.redirect('/', 303);
  });

  async function show(c: Request, server: ServerRecord, typed?: string) {
    const archives = await archivesOf(server, catalog);
    const isWrong = typed !== undefined && typed.trim() !== server.name.trim();
    const body = html`<form class="fields card" method="post" action="/servers/${server.id}/delete">
      <p>pgbak forgets the server and its settings, and backs it up no more.</p>
      <p>${stayingInWords(archives)}</p>
      <p>Its history stays in the logs. Nothing is deleted in storage.</p>
      ${lostPasswords(server, archives).map((text) => html`<div class="banner warning"><p>${text}.</p></div>`)}
      <div class="field">
        <label for="name">To delete it, type its name: <strong>${server.name}</strong></label>
        ${
          isWrong
            ? html`<p class="error" id="name-error">
                <span class="hidden">Wrong: </span>that is not its name: nothing was deleted
              </p>`
            : ''
        }
        <input
          type="text"
          id="name"
          name="name"
          value="${typed ?? ''}"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          ${isWrong ? html`aria-invalid="true" aria-describedby="name-error" autofocus` : ''}
        />
      </div>
      <div class="actions">
        <button class="danger">Delete the server</button>
        <a class="button quiet" href="/servers/${server.id}">Cancel</a>
      </div>
    </form>`;
    return c.html(page(site, { title: `Delete ${server.name}`, section: '/' }, body));
  }
}
