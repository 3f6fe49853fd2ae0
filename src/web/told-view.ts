import { html } from 'hono/html';
import type { Piece } from './layout.ts';

/** `To back it up now: pgbak run shop`: a command behind what it is for. */
const WITH_COMMAND = /^(.*?): ((?:pgbak|rm|b2) .*)$/;

/** What a story tells people, line by line; a command at the end of a line stands alone, to be copied. */
export function toldView(text: string): Piece {
  const lines = text.split('\n').map((line) => {
    const [, label, command] = WITH_COMMAND.exec(line) ?? [];
    return label === undefined || command === undefined
      ? html`<p>${line}</p>`
      : html`<p>${label}:</p>
          <pre class="command">${command}</pre>`;
  });
  return html`<div class="stack told-lines">${lines}</div>`;
}
