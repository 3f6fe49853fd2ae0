import { html } from 'hono/html';
import type { VerificationRecord } from '../../core/backup-record.ts';
import type { Context } from '../../core/context.ts';
import { formatBytes } from '../../core/format.ts';
import { placesInWords } from '../../restore/listed-copies.ts';
import { restorePointRow, type ListedPoint } from '../../restore/restore-points.ts';
import type { ServerRecord } from '../../server/server.ts';
import type { Piece } from '../layout.ts';
import { moment } from '../moment.ts';
import { restoreView } from '../restore-view.ts';
import { stateBadge } from '../state-badge.ts';
import { verdictView } from '../verdict-view.ts';

interface PointsOf {
  server: ServerRecord;
  /** Whether storage was asked for them. */
  isAsked: boolean;
}

/** Restore points, each with the commands that restore it. */
export function pointsView(
  points: readonly ListedPoint[],
  verified: ReadonlyMap<number, VerificationRecord>,
  { server, isAsked }: PointsOf,
  context: Context,
): Piece {
  return html`<div class="box">
    <table class="cards points">
      <thead>
        <tr>
          <th scope="col">Made</th>
          <th scope="col">Size</th>
          <th scope="col">Format</th>
          <th scope="col">In storage</th>
          <th scope="col">Verified</th>
          <th scope="col">Restore it</th>
        </tr>
      </thead>
      <tbody>
        ${points.map((point, index) => rowOf(point, verified, { server, isAsked, isFirst: index === 0 }, context))}
      </tbody>
    </table>
  </div>`;
}

function rowOf(
  point: ListedPoint,
  verified: ReadonlyMap<number, VerificationRecord>,
  { server, isAsked, isFirst }: PointsOf & { isFirst: boolean },
  context: Context,
): Piece {
  const { backupId, startedAt, size, format, state, copies } = restorePointRow(point);
  const places = placesInWords(copies);
  const id = backupId === null ? '' : html` <a class="small" href="/logs/${backupId}">${`backup ${backupId}`}</a>`;
  const inStorage = places === undefined ? stateBadge(state) : html`${stateBadge(state)} ${places}`;
  const cells = [
    html`<th scope="row">${moment(new Date(startedAt), context)}${id}</th>`,
    html`<td data-label="Size">${size === null ? '' : formatBytes(size)}</td>`,
    html`<td data-label="Format">${format ?? ''}</td>`,
    html`<td data-label="In storage">${isAsked ? inStorage : html`<span class="muted">not asked</span>`}</td>`,
    html`<td data-label="Verified">${backupId === null ? '' : verdictView(verified.get(backupId), context)}</td>`,
    html`<td class="told">${'backup' in point ? commandsOf(point.backup, server, isFirst) : ''}</td>`,
  ];
  return html`<tr>
    ${cells}
  </tr>`;
}

function commandsOf(backup: Parameters<typeof restoreView>[0], server: ServerRecord, isOpen: boolean): Piece {
  return html`<details ${isOpen ? 'open' : ''}>
    <summary>Commands</summary>
    ${restoreView(backup, server)}
  </details>`;
}
