import { html } from 'hono/html';
import type { Piece } from './layout.ts';
import type { Notice } from './notices.ts';

/** A notice at the top of a page; nothing where there is none. */
export function noticeView(notice: Notice | undefined): Piece | '' {
  if (notice === undefined) return '';
  const { warnings, lines, commands = [] } = notice;
  return html`<section class="notice stack" aria-label="What was done">
    ${warnings.map((text) => html`<div class="banner warning"><p>Warning: ${text}</p></div>`)}
    <div class="banner ok" role="status">
      <div class="stack">
        ${lines.map((text) => html`<p>${text}</p>`)} ${commands.map((text) => html`<pre class="command">${text}</pre>`)}
      </div>
    </div>
  </section>`;
}
