import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { Level } from '../../core/backup-record.ts';
import { nextDue } from '../../backup/due.ts';
import { quoted } from '../../core/printable.ts';
import { collectStatus, type ServerStatus } from '../../monitor/status.ts';
import { restorePointsOf, type ListedPoint } from '../../restore/restore-points.ts';
import type { ServerRecord } from '../../server/server.ts';
import { idIn } from '../jobs/begin-page.ts';
import { page, type Piece } from '../layout.ts';
import { attemptsView } from '../logs/attempts-view.ts';
import { dueMoment, moment } from '../moment.ts';
import { noticeView } from '../notice-view.ts';
import type { Site } from '../site.ts';
import { stateBadge } from '../state-badge.ts';
import { pointsView } from './points-view.ts';
import { settingsView } from './settings-view.ts';
import { sizePlot } from './size-plot.ts';
import { verdictsOf } from '../verdict-view.ts';

/** How many restore points are shown at first, and at most. */
const FEW_POINTS = 20;
const MOST_POINTS = 500;
const MOST_PLOTTED = 100;
const MOST_ATTEMPTS = 10;

/** One server: its state, its restore points, its sizes, its last attempts, its settings. */
export function serverPage(app: Hono, site: Site): void {
  const { context, notices } = site;
  const { catalog, clock } = context;

  app.get('/servers/:id', async (c) => {
    const server = await catalog.servers.find(idIn(c.req.param('id')));
    if (server === undefined) return c.notFound();
    const [status] = await collectStatus([server], context);
    const attempts = await catalog.backups.list({ serverIds: [server.id], isByTime: true, limit: MOST_PLOTTED });
    const path = `/servers/${server.id}`;
    const isLooking = c.req.query('look') === '1';
    const limit = c.req.query('points') === 'all' ? MOST_POINTS : FEW_POINTS;
    const { points: found, notes } = await (isLooking ? foundIn : remembered)(server, limit + 1, site);
    const points = found.slice(0, limit);
    const verified = verdictsOf(await catalog.verifications.thoroughOfStored(server.id));
    const attemptsShown = attempts.slice(0, MOST_ATTEMPTS);
    const actions = html`<form method="post" action="${path}/run"><button class="primary">Run now</button></form>
      <a class="button" href="${path}/edit">Edit</a>
      <a class="button danger" href="${path}/delete">Delete</a>`;
    const state = status === undefined ? '' : stateView(status, nextDue(server, clock.now()), context);
    const banner = await site.schedule.banner();
    const look = isLooking ? '' : html`<form><button name="look" value="1">Look in storage now</button></form>`;
    return c.html(
      page(
        site,
        { title: server.name, section: '/', actions },
        html`${noticeView(notices.take(path))} ${banner} ${state}
          <section aria-labelledby="points">
            <div class="head">
              <h2 id="points">Restore points</h2>
              ${look}
            </div>
            ${points.length === 0 ? '' : verifyButtons(path)}
            ${notes.map((note) => html`<p class="problem">${note}</p>`)}
            ${
              points.length === 0
                ? html`<div class="empty"><p>No restore points yet. "Run now" makes the first.</p></div>`
                : pointsView(points, verified, { server, isAsked: isLooking }, context)
            }
            ${found.length > limit ? olderPoints(server, limit, isLooking) : ''}
          </section>
          <div class="columns server">
            <div class="stack">
              <section class="card">
                <h2>Sizes</h2>
                ${sizePlot(attempts, context)}
              </section>
              <section aria-labelledby="attempts">
                <div class="head">
                  <h2 id="attempts">Last attempts</h2>
                  <a href="/logs?server=${server.id}">All logs of ${server.name}</a>
                </div>
                ${attemptsShown.length === 0 ? html`<p class="muted">None yet.</p>` : attemptsView(attemptsShown, { isOfOneServer: true }, context)}
              </section>
            </div>
            <section class="card">
              <h2>Settings</h2>
              ${settingsView(server, context.environment)}
            </section>
          </div>`,
      ),
    );
  });
}

/** Two ways to verify the newest restore point; the archive level is what the overview's button does, too. */
function verifyButtons(path: string): Piece {
  const button = (word: string, level: Level, hint: string) =>
    html`<form class="actions" method="post" action="${path}/verify">
      <input type="hidden" name="level" value="${level}" />
      <button class="small">${word}</button><span class="hint">${hint}</span>
    </form>`;
  return html`<div class="stack tight">
    ${button('Verify', 'archive', 'Reads the newest archive to its end.')}
    ${button('Try a restore', 'restore', 'Restores the newest archive into a throwaway database, and compares it.')}
  </div>`;
}

function olderPoints(server: ServerRecord, limit: number, isLooking: boolean): Piece {
  if (limit === MOST_POINTS) {
    return html`<p>
      These are the newest ${limit}. More of them: <code>pgbak backups ${quoted(server.name)} --limit 5000</code>
    </p>`;
  }
  const address = `/servers/${server.id}?${isLooking ? 'look=1&' : ''}points=all`;
  return html`<p>These are the newest ${limit}. <a href="${address}">Show older ones</a></p>`;
}

function stateView(status: ServerStatus, due: Date | undefined, context: Site['context']): Piece {
  const { state, reason, lastGood } = status;
  const last =
    lastGood === undefined ? 'No good backup yet' : html`Last good backup ${moment(lastGood.startedAt, context)}`;
  return html`<div class="state">
    ${stateBadge(state)}
    <div>
      <p>${last}, next due ${dueMoment(due, context)}</p>
      ${reason === undefined || state === 'NEVER' ? '' : html`<p>${reason}</p>`}
    </div>
  </div>`;
}

interface Points {
  points: ListedPoint[];
  /** What storage did not answer. */
  notes: string[];
}

/** What the catalogue knows. Storage may be slow or gone, so it is asked only when a person wants that. */
async function remembered(server: ServerRecord, limit: number, { context }: Site): Promise<Points> {
  const backups = await context.catalog.backups.newestPoints(limit, [server.id]);
  const own = backups.filter(({ serverId }) => serverId === server.id);
  return { points: own.map((backup) => ({ state: 'unknown', backup, copies: [] })), notes: [] };
}

async function foundIn(server: ServerRecord, limit: number, { context }: Site): Promise<Points> {
  const notes: string[] = [];
  const { points } = await restorePointsOf([server], limit, {
    ...context,
    report: (event) => {
      if (event.type === 'note') notes.push(event.message);
      context.report(event);
    },
  });
  return { points: points.filter((point) => 'archive' in point || point.backup.serverId === server.id), notes };
}
