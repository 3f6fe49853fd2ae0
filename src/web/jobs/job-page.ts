import type { Hono } from 'hono';
import { html } from 'hono/html';
import { streamSSE } from 'hono/streaming';
import { formatDuration } from '../../core/format.ts';
import type { LogLine } from '../../core/log-lines.ts';
import { page, type Piece } from '../layout.ts';
import { noticeView } from '../notice-view.ts';
import { toldView } from '../told-view.ts';
import type { Site } from '../site.ts';
import type { Job } from './jobs.ts';

const SENT_EVERY_MS = 300;
/** How soon a browser asks again where the connection was lost. */
const RECONNECT_AFTER_MS = 1000;
const RESULTS = {
  good: ['ok', 'Done'],
  bad: ['failing', 'Failed'],
  interrupted: ['never', 'Stopped'],
} as const;

/** The page of a job: what it does now while it runs, what it did afterwards. */
export function jobPages(app: Hono, site: Site): void {
  const { context, jobs, notices } = site;

  app.get('/jobs/:id', (c) => {
    const job = jobs.find(c.req.param('id'));
    if (job === undefined) return c.notFound();
    if (job.result !== undefined && job.resultPath !== undefined) return c.redirect(job.resultPath, 303);
    const isRunning = job.result === undefined;
    const refresh = isRunning ? html`<noscript><meta http-equiv="refresh" content="3" /></noscript>` : undefined;
    return c.html(
      page(
        site,
        { title: job.title, section: '/', ...(refresh === undefined ? {} : { head: refresh }) },
        html`${noticeView(notices.take(`/jobs/${job.id}`))} ${bodyOf(job, context.clock.now())}`,
      ),
    );
  });

  app.post('/jobs/:id/stop', (c) => {
    const job = jobs.find(c.req.param('id'));
    if (job === undefined) return c.notFound();
    job.stop();
    return c.redirect(`/jobs/${job.id}`, 303);
  });

  app.get('/jobs/:id/stop', (c) => {
    const job = jobs.find(c.req.param('id'));
    return job === undefined ? c.notFound() : c.redirect(`/jobs/${job.id}`, 303);
  });

  app.get('/jobs/:id/events', (c) => {
    const job = jobs.find(c.req.param('id'));
    if (job === undefined) return c.notFound();
    const seen = Number(c.req.header('last-event-id') ?? c.req.query('after') ?? 0);
    return streamSSE(c, async (stream) => {
      let next = Number.isSafeInteger(seen) && seen >= 0 ? seen : 0;
      while (!stream.aborted) {
        const { lines } = job.view;
        const first = job.view.firstLine();
        const isOver = job.result !== undefined;
        for (const line of lines.slice(Math.max(next - first, 0))) {
          next = Math.max(next, first) + 1;
          await stream.writeSSE({ event: 'line', id: String(next), data: JSON.stringify(line) });
        }
        if (isOver) return await stream.writeSSE({ event: 'end', data: '' });
        const now = context.clock.now();
        await stream.writeSSE({
          event: 'progress',
          data: JSON.stringify([elapsed(job, now), ...progressOf(job, now)]),
          retry: RECONNECT_AFTER_MS,
        });
        await stream.sleep(SENT_EVERY_MS);
      }
    });
  });
}

const elapsed = ({ startedAt }: Job, now: Date) => `for ${formatDuration(now.getTime() - startedAt.getTime())}`;
const progressOf = ({ view }: Job, now: Date) => view.progress(now.getTime());

function bodyOf(job: Job, now: Date): Piece {
  const { id, view, result, servers } = job;
  const lines = html`<div role="log" aria-label="What happened">
    <ol class="log" tabindex="0" aria-label="Lines">
      ${view.lines.map((line) => lineOf(line))}
    </ol>
  </div>`;
  if (result === undefined) {
    const after = view.firstLine() + view.lines.length;
    return html`<div class="card" data-job="/jobs/${id}/events?after=${after}">
      <p><span class="badge running" data-state>running</span> <span data-elapsed>${elapsed(job, now)}</span></p>
      <ul class="progress" data-progress>
        ${progressOf(job, now).map((line) => html`<li>${line}</li>`)}
      </ul>
      ${lines}
      <div class="actions">
        <form method="post" action="/jobs/${id}/stop"><button class="danger">Stop it</button></form>
        <p class="hint">It goes on when you close this page. Ctrl-C in the terminal of pgbak web ends it.</p>
      </div>
    </div>`;
  }
  const [state, word] = RESULTS[result];
  const took = formatDuration((job.endedAt ?? now).getTime() - job.startedAt.getTime());
  return html`${whyOf(job)}
    <div class="card">
      <p><span class="badge ${state}">${word}</span> after ${took}</p>
      ${lines}
    </div>
    ${result === 'good' ? '' : remedies(job)}
    <ul class="links">
      ${servers.map(({ id: server, name }) => html`<li><a href="/servers/${server}">${name}: restore points and settings</a></li>`)}
    </ul>`;
}

/** So many failures are told above the log, which has all of them. */
const MOST_TOLD = 5;

/** Why a job failed, with what to do; or that it was stopped, which is no failure. */
function whyOf({ result, failure, view, servers }: Job): Piece | '' {
  if (result === 'interrupted') {
    return html`<div class="banner never" role="status">
      <p>It was stopped. What it had begun was ended in order; nothing half done counts as a backup.</p>
    </div>`;
  }
  if (result !== 'bad') return '';
  const all = failure === undefined ? view.failures : [failure];
  const isNamed = failure === undefined && servers.length !== 1;
  return html`${all.slice(0, MOST_TOLD).map((one) => {
    const server = isNamed && 'server' in one ? html`<strong>${one.server}</strong>: ` : '';
    return html`<div class="problem">
      <div class="stack told-lines">
        <p class="lines">${server}${one.message}</p>
        ${one.hint === undefined ? '' : html`<div class="hint">${toldView(one.hint)}</div>`}
      </div>
    </div>`;
  })}${all.length > MOST_TOLD ? html`<p>${all.length - MOST_TOLD} more failed: see the lines below.</p>` : ''}`;
}

function remedies({ servers, again }: Job): Piece {
  const [only] = servers;
  const edit =
    servers.length === 1 && only !== undefined
      ? html`<a class="button" href="/servers/${only.id}/edit">Edit the settings</a>`
      : '';
  const once =
    again === undefined
      ? ''
      : html`<form method="post" action="${again.path}">
          ${Object.entries(again.fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
          <button>Run again</button>
        </form>`;
  return html`<div class="actions">${once}${edit}</div>`;
}

function lineOf({ level, server, message }: LogLine): Piece {
  const text = `${server === undefined ? '' : `${server}: `}${message}`;
  return html`<li class="${level}">
    ${level === 'info' ? '' : html`<strong>${level}</strong> `}<span class="lines">${text}</span>
  </li>`;
}
