import type { Hono } from 'hono';
import { html } from 'hono/html';
import { backupFacts } from '../../monitor/backup-facts.ts';
import { idIn } from '../jobs/begin-page.ts';
import { page, type Piece } from '../layout.ts';
import type { Site } from '../site.ts';
import { stateBadge } from '../state-badge.ts';
import { restoreView } from '../restore-view.ts';
import { verdictAmong, verdictView } from '../verdict-view.ts';
import { attemptsView } from './attempts-view.ts';

const ON_A_PAGE = 50;

/** What of the log is shown; an address without parameters shows its end. */
interface Part {
  failed: boolean;
  server: number | undefined;
  before: number | undefined;
}

/** Past backups, newest first, and each with all that is known of it. */
export function logPages(app: Hono, site: Site): void {
  const { context } = site;
  const { backups, servers, verifications: verificationsLog } = context.catalog;

  app.get('/logs', async (c) => {
    const numberIn = (name: string) => (c.req.query(name) === undefined ? undefined : idIn(c.req.query(name) ?? ''));
    const part = { failed: c.req.query('failed') === '1', server: numberIn('server'), before: numberIn('before') };
    const one = part.server === undefined ? undefined : await servers.find(part.server);
    if (part.server !== undefined && one === undefined) return c.notFound();
    const found = await backups.list({
      limit: ON_A_PAGE + 1,
      failedOnly: part.failed,
      ...(part.server === undefined ? {} : { serverIds: [part.server] }),
      ...(part.before === undefined ? {} : { beforeId: part.before }),
    });
    const shown = found.slice(0, ON_A_PAGE);
    const last = shown.at(-1);
    const older = found.length > shown.length && last !== undefined ? { ...part, before: last.backupId } : undefined;
    const none = part.failed ? 'No failed backups.' : 'No backups yet.';
    return c.html(
      page(
        site,
        { title: one === undefined ? 'Logs' : `Logs of ${one.name}`, place: '/logs' },
        html`${choicesOf(part)}
        ${
          shown.length === 0
            ? html`<div class="empty"><p>${none}</p></div>`
            : attemptsView(shown, { isOfOneServer: one !== undefined }, context)
        }
        ${pagerOf(part, older)}`,
      ),
    );
  });

  app.get('/logs/:id', async (c) => {
    const backup = await backups.find(idIn(c.req.param('id')));
    if (backup === undefined) return c.notFound();
    const partSums = await backups.partSums(backup.backupId);
    const facts = backupFacts(backup, partSums, context.clock.now(), context.zones.shown);
    const rows = facts.map(({ name, value, level }) => {
      const text = level === 'error' ? html`<pre>${value}</pre>` : value;
      return html`<dt>${name}</dt>
        <dd>${name === 'result' ? stateBadge(backup.result) : text}</dd>`;
    });
    const { serverId, serverName, backupId, result } = backup;
    const server = serverId === undefined ? undefined : await servers.find(serverId);
    const isPoint = server !== undefined && result === 'success';
    const verifications = isPoint ? await verificationsLog.thoroughOfStored(server.id) : [];
    const verdict = verdictAmong(verifications.filter((one) => one.backupId === backupId));
    const verified = html`<dt>verified</dt>
      <dd>${verdictView(verdict, context)}</dd>`;
    return c.html(
      page(
        site,
        { title: `Backup ${backup.backupId} of ${serverName}`, section: '/logs' },
        html`${server === undefined ? '' : html`<p><a href="/servers/${server.id}">${server.name}</a></p>`}
          <div class="card"><dl class="facts">${rows}${isPoint ? verified : ''}</dl></div>
          ${
            isPoint
              ? html`<section class="card">
                  <h2>Restore it</h2>
                  ${restoreView(backup, server)}
                </section>`
              : ''
          }`,
      ),
    );
  });
}

function addressOf({ failed, server, before }: Part): string {
  const parameters = new URLSearchParams();
  if (failed) parameters.set('failed', '1');
  if (server !== undefined) parameters.set('server', String(server));
  if (before !== undefined) parameters.set('before', String(before));
  const query = parameters.toString();
  return query === '' ? '/logs' : `/logs?${query}`;
}

function choicesOf(part: Part): Piece {
  const link = (words: string, failed: boolean) =>
    html`<li>
      <a
        href="${addressOf({ ...part, failed, before: undefined })}"
        ${part.failed === failed ? html`aria-current="true"` : ''}
        >${words}</a
      >
    </li>`;
  const all = part.server === undefined ? '' : html`<li><a href="/logs">All servers</a></li>`;
  return html`<nav aria-label="Which backups">
    <ul class="choices">
      ${link('All', false)}${link('Failed', true)}${all}
    </ul>
  </nav>`;
}

function pagerOf(part: Part, older: Part | undefined): Piece | '' {
  if (part.before === undefined && older === undefined) return '';
  const newest =
    part.before === undefined
      ? ''
      : html`<a class="button" href="${addressOf({ ...part, before: undefined })}">Newest</a>`;
  const next = older === undefined ? '' : html`<a class="button" href="${addressOf(older)}">Older</a>`;
  return html`<nav class="pager" aria-label="Pages of the log">${newest}${next}</nav>`;
}
