import { html } from 'hono/html';
import type { BackupRecord } from '../../core/backup-record.ts';
import type { Context } from '../../core/context.ts';
import { formatBytes } from '../../core/format.ts';
import { tookOf } from '../../monitor/backup-facts.ts';
import type { Piece } from '../layout.ts';
import { moment } from '../moment.ts';
import { stateBadge } from '../state-badge.ts';

/** Attempts, a row each, with the whole error of those that failed. */
export function attemptsView(
  backups: readonly BackupRecord[],
  { isOfOneServer }: { isOfOneServer: boolean },
  context: Context,
): Piece {
  const server = isOfOneServer ? '' : html`<th scope="col">Server</th>`;
  return html`<div class="box">
    <table class="cards attempts">
      <thead>
        <tr>
          <th scope="col">Backup</th>
          ${server}
          <th scope="col">Started</th>
          <th scope="col">Took</th>
          <th scope="col">Size</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        ${backups.map((backup) => rowOf(backup, isOfOneServer, context))}
      </tbody>
    </table>
  </div>`;
}

function rowOf(backup: BackupRecord, isOfOneServer: boolean, context: Context): Piece {
  const { backupId, serverId, serverName, startedAt, sizeBytes, result, warnings, error } = backup;
  const named = serverId === undefined ? serverName : html`<a href="/servers/${serverId}">${serverName}</a>`;
  const cells = [
    html`<th scope="row"><a href="/logs/${backupId}">${backupId}</a></th>`,
    ...(isOfOneServer ? [] : [html`<td data-label="Server">${named}</td>`]),
    html`<td data-label="Started">${moment(startedAt, context)}</td>`,
    html`<td data-label="Took">${tookOf(backup) ?? ''}</td>`,
    html`<td data-label="Size">${sizeBytes === undefined ? '' : formatBytes(sizeBytes)}</td>`,
    html`<td class="told">
      ${stateBadge(result, result === 'success' && warnings.length > 0 ? 'warning' : undefined)}
      ${warnings.map((warning) => html`<p>${warning}</p>`)}${error === undefined ? '' : html`<pre>${error}</pre>`}
    </td>`,
  ];
  return html`<tr>
    ${cells}
  </tr>`;
}
