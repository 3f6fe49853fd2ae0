import { html } from 'hono/html';
import type { Context } from '../core/context.ts';
import { formatAgo, formatInstant, formatWait } from '../core/format.ts';
import type { Piece } from './layout.ts';

/** `3 hours ago`, with the exact time for who points at it. */
export function moment(instant: Date, { clock, zones }: Pick<Context, 'clock' | 'zones'>): Piece {
  const exact = formatInstant(instant, { zone: zones.shown });
  return html`<time datetime="${instant.toISOString()}" title="${exact}">${formatAgo(instant, clock.now())}</time>`;
}

/** The same for an instant that is to come: `in 23 h`; `now` for none. */
export function dueMoment(due: Date | undefined, { clock, zones }: Pick<Context, 'clock' | 'zones'>): Piece | string {
  const now = clock.now();
  if (due === undefined || due <= now) return 'now';
  const exact = formatInstant(due, { zone: zones.shown });
  return html`<time datetime="${due.toISOString()}" title="${exact}">${formatWait(due, now)}</time>`;
}
