import type { Hono } from 'hono';
import { html } from 'hono/html';
import { examine } from '../../monitor/doctor.ts';
import { formatCount } from '../../core/format.ts';
import { CATALOGUE, MACHINE, type Finding } from '../../monitor/findings.ts';
import { grouped } from '../../core/group-by.ts';
import { pageOfNew } from '../jobs/begin-page.ts';
import { page, type Piece } from '../layout.ts';
import type { Site } from '../site.ts';
import { moment } from '../moment.ts';
import { toldView } from '../told-view.ts';

const MARKS = { ok: ['ok', 'ok'], warning: ['warning', 'warning'], problem: ['failing', 'problem'] } as const;

/** What the last examination found, which is kept until the next one. */
export function doctorPage(app: Hono, site: Site): void {
  const { context, jobs } = site;
  let last: { at: Date; findings: Finding[] } | undefined;

  app.get('/doctor', (c) => {
    const told =
      last === undefined
        ? html`<p>
            Looks for what could make backups fail: on this machine, in the catalogue, and for each server its
            connection, rights, storage and ping URLs. Changes nothing.
          </p>`
        : html`<p>Looked ${moment(last.at, context)}.</p>`;
    const button = html`<form method="post" action="/doctor">
      <button class="primary">Look ${last === undefined ? 'now' : 'again'}</button>
    </form>`;
    return c.html(
      page(
        site,
        { title: 'Doctor', place: '/doctor' },
        html`${told} ${button} ${last === undefined ? '' : findingsIn(last.findings)}`,
      ),
    );
  });

  app.post('/doctor', async (c) => {
    const begin = () =>
      jobs.start({ title: 'Doctor', servers: [], resultPath: '/doctor' }, async (report, signal) => {
        const { catalog } = context;
        const findings: Finding[] = [];
        const program = process.argv[1] ?? '';
        const servers = await catalog.servers.list();
        const examination = { ...context, signal, servers, catalogPath: catalog.path, program, isProbing: false };
        for await (const finding of examine(examination)) {
          findings.push(finding);
          const { about, message, level } = finding;
          report({ type: 'step', message: `${about}: ${level}: ${message}` });
        }
        last = { at: context.clock.now(), findings };
        return findings.every(({ level }) => level !== 'problem');
      });
    return c.redirect(await pageOfNew(begin, site), 303);
  });
}

/** The worst first, also among the sections. */
const GRAVITY = ['problem', 'warning', 'ok'] as const;

function findingsIn(findings: readonly Finding[]): Piece {
  const gravityOf = (some: readonly Finding[]) => Math.min(...some.map(({ level }) => GRAVITY.indexOf(level)));
  const sections = [...grouped(findings, ({ about }) => about)].toSorted(([, a], [, b]) => gravityOf(a) - gravityOf(b));
  return html`<p><strong>${totalsOf(findings)}</strong></p>
    ${sections.map(
      ([about, some]) =>
        html`<section>
          <h2>${headingOf(about)}</h2>
          <ul class="findings">
            ${some.toSorted((a, b) => gravityOf([a]) - gravityOf([b])).map((one) => findingView(one))}
          </ul>
        </section>`,
    )}`;
}

/** `1 problem, 3 warnings`. */
function totalsOf(findings: readonly Finding[]): string {
  const count = (wanted: Finding['level']) => findings.filter(({ level }) => level === wanted).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (problems + warnings === 0) return 'All is well.';
  return [
    ...(problems === 0 ? [] : [formatCount(problems, 'problem')]),
    ...(warnings === 0 ? [] : [formatCount(warnings, 'warning')]),
  ].join(', ');
}

/** The name of a server stays as it is. */
function headingOf(about: string): string {
  return about === MACHINE || about === CATALOGUE ? `${about.charAt(0).toUpperCase()}${about.slice(1)}` : about;
}

function findingView({ level, message, hint }: Finding): Piece {
  const [state, word] = MARKS[level];
  return html`<li>
    <span class="badge ${state}">${word}</span>
    <div>${message}${hint === undefined ? '' : html`<div class="hint">${toldView(hint)}</div>`}</div>
  </li>`;
}
