import type { Context as Request, Hono } from 'hono';
import type { ServerRecord } from '../../server/server.ts';
import { idIn } from '../jobs/begin-page.ts';
import { page } from '../layout.ts';
import type { Site } from '../site.ts';
import { openDrafts, type Draft } from './drafts.ts';
import { formView } from './form-view.ts';
import { sendForm } from './send-form.ts';
import type { Target, Turn, Wish } from './turn.ts';

const WISHES: readonly Wish[] = ['connection', 'storage'];

/** The forms that add a server and change its settings. */
export function formPages(app: Hono, site: Site): void {
  const { context, notices } = site;
  const { catalog, environment, clock } = context;
  const drafts = openDrafts(clock);

  app.get('/add', async (c) => await show(c, await targetOf(undefined)));
  app.post('/add', async (c) => await answer(c, await targetOf(undefined)));
  app.get('/servers/:id/edit', async (c) => {
    const today = await catalog.servers.find(idIn(c.req.param('id')));
    return today === undefined ? c.notFound() : await show(c, await targetOf(today));
  });
  app.post('/servers/:id/edit', async (c) => {
    const today = await catalog.servers.find(idIn(c.req.param('id')));
    return today === undefined ? c.notFound() : await answer(c, await targetOf(today));
  });

  async function targetOf(today: ServerRecord | undefined): Promise<Target> {
    if (today === undefined) return { path: '/add', today, storedCount: 0 };
    const storedCount = (await catalog.backups.inStorage(today.id)).length;
    return { path: `/servers/${today.id}/edit`, today, storedCount };
  }

  function show(c: Request, target: Target, turn?: Turn) {
    const { today } = target;
    const title = today === undefined ? 'Add a server' : `Settings of ${today.name}`;
    const status = turn === undefined || isGood(turn) ? 200 : 422;
    const draftId = turn?.draft.id ?? drafts.newId();
    const head = today === undefined ? ({ title, place: '/add' } as const) : { title };
    return c.html(page(site, head, formView(target, turn, draftId, environment)), status);
  }

  async function answer(c: Request, target: Target) {
    const form = new URLSearchParams(await c.req.text());
    const draft = drafts.take(form.get('draft'), target.path);
    const wish = WISHES.find((one) => one === c.req.query('try')) ?? 'store';
    // A form that is sent twice, as by a double click, is stored once.
    const led = await draft.storing;
    if (led !== undefined && wish === 'store') return c.redirect(led, 303);
    const sending = sendForm({ wish, form, draft, target, notices }, context);
    if (wish === 'store') draft.storing = pageOf(sending, draft);
    const outcome = await sending;
    if (typeof outcome === 'string') return c.redirect(outcome, 303);
    return await show(c, target, { form, draft, wish, outcome });
  }
}

/** The page that a stored form leads to. A form that was not stored may be sent again. */
async function pageOf(sending: ReturnType<typeof sendForm>, draft: Draft): Promise<string | undefined> {
  try {
    const outcome = await sending;
    if (typeof outcome === 'string') return outcome;
  } catch {
    // Who sent the form is told.
  }
  draft.storing = undefined;
  return undefined;
}

function isGood({ outcome }: Turn): boolean {
  return outcome.problems.length === 0 && outcome.problem === undefined;
}
