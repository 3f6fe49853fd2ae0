import type { Context as Request, Hono } from 'hono';
import { LEVELS, type Level } from '../../core/backup-record.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Site } from '../site.ts';
import { beginRun, beginVerification } from './begin.ts';
import { BusyError, type Job } from './jobs.ts';

/** What the buttons of other pages start. Each leads to the page of the job. */
export function beginPages(app: Hono, site: Site): void {
  const { servers: known } = site.context.catalog;

  app.post('/run', async (c) => {
    const servers = await known.list();
    if (servers.length === 0) throw new ConfigError('there are no servers yet', 'Add one first.');
    return c.redirect(await pageOfNew(() => beginRun(servers, site), site), 303);
  });
  app.post('/servers/:id/run', async (c) => {
    const server = await known.find(idIn(c.req.param('id')));
    if (server === undefined) return c.notFound();
    return c.redirect(await pageOfNew(() => beginRun([server], site), site), 303);
  });
  app.post('/servers/:id/verify', async (c) => {
    const server = await known.find(idIn(c.req.param('id')));
    if (server === undefined) return c.notFound();
    const what = await wanted(c);
    return c.redirect(await pageOfNew(() => beginVerification(server, what, site), site), 303);
  });
  // Going back, or typing the address again, starts nothing.
  app.get('/run', (c) => c.redirect('/', 303));
  app.get('/servers/:id/run', (c) => c.redirect(`/servers/${idIn(c.req.param('id'))}`, 303));
  app.get('/servers/:id/verify', (c) => c.redirect(`/servers/${idIn(c.req.param('id'))}`, 303));
}

/** The page of a new job; while another one runs the page of that one, which then says why. */
export async function pageOfNew(begin: () => Job | Promise<Job>, { jobs, notices }: Site): Promise<string> {
  try {
    const job = await begin();
    return `/jobs/${job.id}`;
  } catch (error) {
    const other = jobs.current();
    if (!(error instanceof BusyError) || other === undefined) throw error;
    const path = `/jobs/${other.id}`;
    notices.leave(path, {
      warnings: ['Nothing was started: these pages do one thing at a time. Wait until this one has ended, or stop it.'],
      lines: [],
    });
    return path;
  }
}

/** An id in a path; one that is no number is the id of nothing. */
export function idIn(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}

async function wanted(c: Request): Promise<{ level: Level; at: string }> {
  const { level = 'archive', at = 'latest' } = await c.req.parseBody();
  const known = LEVELS.find((one) => one === level);
  if (known === undefined || typeof at !== 'string') {
    throw new ConfigError('there is no such level of verification', `Choose one: ${LEVELS.join(', ')}.`);
  }
  return { level: known, at };
}
