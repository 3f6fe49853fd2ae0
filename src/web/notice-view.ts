import { html } from 'hono/html';
import type { Piece } from './layout.ts';
import type { Notice } from './notices.ts';
import { toldView } from './told-view.ts';

/** A notice at the top of a page; nothing where there is none. */
export function noticeView(notice: Notice | undefined): Piece | '' {
  if (notice === undefined) return '';
  const { warnings, lines, commands = [], untried } = notice;
  const told = [...(untried === undefined ? [] : [untried]), ...lines, ...commands];
  return html`<section class="notice stack" aria-label="What was done">
    ${warnings.map((text) => html`<div class="banner warning" role="status">${toldView(`Warning: ${text}`)}</div>`)}
    ${
      told.length === 0
        ? ''
        : html`<div class="banner ${untried === undefined ? 'ok' : 'warning'}" role="status">
            ${toldView(told.join('\n'))}
          </div>`
    }
  </section>`;
}
