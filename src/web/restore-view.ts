import { html } from 'hono/html';
import { restoreCommands } from '../restore/restore-commands.ts';
import type { ServerRecord } from '../server/server.ts';
import { commandView, whereToType } from './command-view.ts';
import type { Piece } from './layout.ts';

/** The commands that restore a backup. */
export function restoreView(backup: Parameters<typeof restoreCommands>[1], server: ServerRecord): Piece {
  const { intoDatabase, intoFile } = restoreCommands(server, backup);
  return html`<div class="stack">
    ${whereToType([intoDatabase, intoFile])}
    <p>Into a new database</p>
    ${commandView(intoDatabase)}
    <p>Into a file</p>
    ${commandView(intoFile)}
  </div>`;
}
