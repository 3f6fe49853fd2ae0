import { html } from 'hono/html';
import type { Piece } from './layout.ts';

/** npm sets it for what `npx` starts. Then `pgbak` alone may be no command of this machine. */
const isOfNpx = process.env['npm_command'] === 'exec';

/** A command to be copied. Each of its words stands in an element of its own, so that lines break between them. */
export function commandView(command: string): Piece {
  const shown = isOfNpx && command.startsWith('pgbak ') ? `npx ${command}` : command;
  const words = shown
    .split(' ')
    .map((word, index) => html`${index === 0 ? '' : ' '}<span>${withPassword(word)}</span>`);
  return html`<pre class="command">${words}</pre>`;
}

/** What a person has to put in is marked. */
function withPassword(word: string): Piece | string {
  const [before = '', ...behind] = word.split(/\bPASSWORD\b/);
  return behind.length === 0 ? word : html`${before}<mark>PASSWORD</mark>${behind.join('PASSWORD')}`;
}

/** What stands above commands. */
export function whereToType(commands: readonly string[]): Piece {
  return html`<p class="hint">
    In a terminal on this
    machine.${
      commands.some((one) => /\bPASSWORD\b/.test(one)) ? html` Put the password in place of <mark>PASSWORD</mark>.` : ''
    }
  </p>`;
}
