import { html } from 'hono/html';
import type { Context } from '../../core/context.ts';
import { formatBytes } from '../../core/format.ts';
import type { OverviewServer, Selection } from '../../monitor/overview.ts';
import { shortReason } from '../../monitor/status.ts';
import type { Piece } from '../layout.ts';
import { dueMoment, moment } from '../moment.ts';
import { stateBadge } from '../state-badge.ts';
import { sortable } from './choose-servers.ts';
import { spark } from './spark.ts';

/** Only the beginning of a longer reason stands in the row of a server; its own page has all of it. */
const LONG_REASON = 120;

/** The table of servers. Each row of it comes 200 times, so it is kept short. */
export function tableOf(servers: readonly OverviewServer[], selection: Selection, context: Context): Piece {
  return html`<div class="box">
    <table class="cards servers">
      <thead>
        <tr>
          ${sortable('Server', 'name', selection)}${sortable('State', 'state', selection)}
          ${sortable('Last good backup', 'backup', selection)}${sortable('Size', 'size', selection)}
          ${sortable('Next due', 'due', selection)}
          <th scope="col">Places</th>
          ${sortable('Verified', 'verified', selection)}
          <th scope="col"><span class="hidden">Actions</span></th>
        </tr>
      </thead>
      <tbody>
        ${servers.map((server) => rowOf(server, context))}
      </tbody>
    </table>
  </div>`;
}

function rowOf(server: OverviewServer, context: Context): Piece {
  const { serverId, name, state, reason, lastGood, nextDue, placeCount } = server;
  const why = reason === undefined ? '' : html`<p>${reason.length > LONG_REASON ? shortReason(reason) : reason}</p>`;
  const last = lastGood === undefined ? 'never' : moment(lastGood.startedAt, context);
  const size = lastGood?.sizeBytes === undefined ? '' : html`<span>${formatBytes(lastGood.sizeBytes)}</span>`;
  const cells = [
    html`<th scope="row">
      <a href="/servers/${serverId}">${name}</a>
      <p class="muted">${server.database}</p>
      ${why}
    </th>`,
    html`<td>${stateBadge(state)}</td>`,
    html`<td data-label="Last good backup">${last}</td>`,
    html`<td data-label="Size">
      ${server.sizes.length === 0 ? '' : html`<div class="size">${size}${spark(server.sizes)}</div>`}
    </td>`,
    html`<td data-label="Next due">${dueMoment(nextDue, context)}</td>`,
    html`<td data-label="Places">${placeCount.held}/${placeCount.of}</td>`,
    html`<td data-label="Verified">${verifiedView(server, context)}</td>`,
    html`<td>${buttonsOf(serverId, name)}</td>`,
  ];
  return html`<tr>
    ${cells}
  </tr>`;
}

function verifiedView({ foundBad, lastVerified, lastGood }: OverviewServer, context: Context): Piece | string {
  if (foundBad !== undefined) return html`bad, ${moment(foundBad.verifiedAt, context)}`;
  if (lastVerified === undefined) return 'never';
  const at = moment(lastVerified.verifiedAt, context);
  return lastVerified.backupId === lastGood?.backupId ? at : html`an earlier one,<br />${at}`;
}

function buttonsOf(id: number, name: string): Piece {
  const button = (word: string, path: string) =>
    html`<form method="post" action="/servers/${id}/${path}">
      <button class="small" aria-label="${word}: ${name}">${word}</button>
    </form>`;
  return html`<div class="actions">${button('Run now', 'run')}${button('Verify', 'verify')}</div>`;
}
