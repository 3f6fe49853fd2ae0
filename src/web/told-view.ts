import { html } from 'hono/html';
import { commandView, whereToType } from './command-view.ts';
import type { Piece } from './layout.ts';

/** `To back it up now: pgbak run shop`: a command behind what it is for. */
const WITH_COMMAND = /^(.*?): ((?:pgbak|rm|b2) .*)$/;

/** What a story tells people, line by line; a command at the end of a line stands alone, to be copied. */
export function toldView(text: string): Piece {
  let hasCommand = false;
  const lines = text.split('\n').map((line) => {
    const [, label, command] = WITH_COMMAND.exec(line) ?? [];
    if (label === undefined || command === undefined) return html`<p>${line}</p>`;
    const where = hasCommand ? '' : whereToType([command]);
    hasCommand = true;
    return html`<p>${label}:</p>
      ${where} ${commandView(command)}`;
  });
  return html`<div class="stack told-lines">${lines}</div>`;
}
