import type { Context as Request, Hono } from 'hono';
import { html } from 'hono/html';
import { describeFailure } from '../../core/errors.ts';
import type { ServerRecord } from '../../server/server.ts';
import { idIn } from '../jobs/begin-page.ts';
import { page } from '../layout.ts';
import type { Site } from '../site.ts';
import { openDrafts, type Draft } from './drafts.ts';
import { formView } from './form-view.ts';
import { INPUTS } from './inputs.ts';
import { sendForm } from './send-form.ts';
import { fingerprint } from './shown-text.ts';
import type { Outcome, Target, Turn, Wish } from './turn.ts';

const WISHES: readonly Wish[] = ['connection', 'storage'];

/** The forms that add a server and change its settings. */
export function formPages(app: Hono, site: Site): void {
  const { context, notices } = site;
  const { catalog, environment, clock } = context;
  const drafts = openDrafts(clock);
  // What came of each draft, as long as it is kept.
  const turns = new WeakMap<Draft, Turn>();

  app.get('/add', async (c) => show(c, await targetOf(undefined)));
  app.post('/add', async (c) => await answer(c, await targetOf(undefined)));
  app.get('/servers/:id/edit', async (c) => {
    const today = await catalog.servers.find(idIn(c.req.param('id')));
    if (today?.partOf !== undefined) return c.redirect(`/servers/${today.partOf.clusterId}/edit`, 303);
    return today === undefined ? c.notFound() : show(c, await targetOf(today));
  });
  app.post('/servers/:id/edit', async (c) => {
    const today = await catalog.servers.find(idIn(c.req.param('id')));
    if (today?.partOf !== undefined) return c.redirect(`/servers/${today.partOf.clusterId}/edit`, 303);
    return today === undefined ? c.notFound() : await answer(c, await targetOf(today));
  });

  async function targetOf(today: ServerRecord | undefined): Promise<Target> {
    if (today === undefined) return { path: '/add', today, storedCount: 0 };
    const storedCount = (await catalog.backups.inStorage(today.id)).length;
    return { path: `/servers/${today.id}/edit`, today, storedCount };
  }

  function show(c: Request, target: Target) {
    const { today, path } = target;
    const title = today === undefined ? 'Add a server' : `Settings of ${today.name}`;
    const draft = drafts.find(c.req.query('draft') ?? '', path);
    const turn = draft === undefined ? undefined : turns.get(draft);
    const draftId = turn?.draft.id ?? drafts.newId();
    const isForgotten = c.req.query('draft') !== undefined && draft === undefined;
    const head = today === undefined ? ({ title, place: '/add' } as const) : ({ title, section: '/' } as const);
    return c.html(
      page(site, head, html`${isForgotten ? FORGOTTEN_FORM : ''} ${formView(target, turn, draftId, environment)}`),
    );
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
    const outcome = await sending.catch(toldInForm);
    if (typeof outcome === 'string') {
      turns.delete(draft);
      return c.redirect(outcome, 303);
    }
    const seen = target.today === undefined ? undefined : fingerprint(target.today);
    turns.set(draft, { form: withoutSecrets(form), draft, wish, outcome, seen });
    // The page that shows it can be loaded again, and gone back to.
    return c.redirect(`${target.path}?draft=${draft.id}`, 303);
  }

  /** What fails inside a form stays in it, so that what was typed does. */
  function toldInForm(error: unknown): Outcome {
    const { message, stack } = describeFailure(error);
    if (stack !== undefined) context.report({ type: 'note', message: `${message}\n${stack}` });
    return { problems: [], problem: error };
  }
}

const FORGOTTEN_FORM = html`<div class="banner warning" role="status">
  <p>What was typed here was forgotten, as it is after 30 minutes.</p>
</div>`;

function withoutSecrets(form: URLSearchParams): URLSearchParams {
  const rest = new URLSearchParams(form);
  for (const { flag, isSecret } of INPUTS) if (isSecret) rest.delete(flag);
  return rest;
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
