import { html } from 'hono/html';
import type { Site } from './site.ts';

/** A piece of a page. What `html` is given is escaped, unless it is such a piece itself. */
export type Piece = ReturnType<typeof html>;

/** Where the pages of pgbak are. */
const PLACES = [
  ['/', 'Overview'],
  ['/add', 'Add a server'],
  ['/logs', 'Logs'],
  ['/doctor', 'Doctor'],
] as const;

interface Page {
  /** In front of the browser's tab, and the heading of the page. */
  title: string;
  /** Which of the links at the top leads here. */
  place?: (typeof PLACES)[number][0];
  /** Which of them leads to the part that this page belongs to. */
  section?: (typeof PLACES)[number][0];
  /** For the head. */
  head?: Piece;
  /** Buttons beside the heading. */
  actions?: Piece;
}

/** A page with the links to all others, and with what is under way. */
export function page({ jobs }: Pick<Site, 'jobs'>, { title, place, section, head, actions }: Page, body: Piece): Piece {
  const job = jobs.current();
  const links = PLACES.map(
    ([path, name]) =>
      html`<li>
        <a
          href="${path}"
          ${path === place ? html`aria-current="page"` : path === section ? html`aria-current="true"` : ''}
          >${name}</a
        >
      </li>`,
  );
  return document(
    title,
    html`<a class="skip" href="#content">Skip to the content</a>
      <header>
        <a class="brand" href="/"><img src="/assets/favicon.svg" alt="" width="24" height="24" />pgbak</a>
        <nav aria-label="Pages">
          <ul>
            ${links}
          </ul>
        </nav>
      </header>
      ${
        job === undefined || job.title === title
          ? ''
          : html`<p class="banner" role="status"><a href="/jobs/${job.id}">${job.title} is under way</a></p>`
      }
      <main id="content">
        <div class="head">
          <h1>${title}</h1>
          ${actions === undefined ? '' : html`<div class="actions">${actions}</div>`}
        </div>
        ${body}
      </main>`,
    head,
  );
}

/** A page for who has no access yet: it tells nothing of what pgbak knows. */
export function plainPage(title: string, body: Piece, head?: Piece): Piece {
  return document(
    title,
    html`<main id="content">
      <h1>${title}</h1>
      ${body}
    </main>`,
    head,
  );
}

function document(title: string, body: Piece, head: Piece | undefined): Piece {
  const tab = title === 'pgbak' ? title : `${title} · pgbak`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${tab}</title>
        <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/style.css" />
        <script src="/assets/page.js" defer></script>
        ${head ?? ''}
      </head>
      <body>
        ${body}
      </body>
    </html>`;
}
