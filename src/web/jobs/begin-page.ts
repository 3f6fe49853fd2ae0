import type { Context as Request, Hono } from 'hono';
import { LEVELS, type Level } from '../../core/backup-record.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Site } from '../site.ts';
import { beginRun, beginVerification } from './begin.ts';

/** What the buttons of other pages start. Each leads to the page of the job. */
export function beginPages(app: Hono, site: Site): void {
  const { servers: known } = site.context.catalog;

  app.post('/run', async (c) => {
    const servers = await known.list();
    if (servers.length === 0) throw new ConfigError('there are no servers yet', 'Add one first.');
    const job = await beginRun(servers, site);
    return c.redirect(`/jobs/${job.id}`, 303);
  });
  app.post('/servers/:id/run', async (c) => {
    const server = await known.find(idIn(c.req.param('id')));
    if (server === undefined) return c.notFound();
    const job = await beginRun([server], site);
    return c.redirect(`/jobs/${job.id}`, 303);
  });
  app.post('/servers/:id/verify', async (c) => {
    const server = await known.find(idIn(c.req.param('id')));
    if (server === undefined) return c.notFound();
    const job = beginVerification(server, await wanted(c), site);
    return c.redirect(`/jobs/${job.id}`, 303);
  });
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
