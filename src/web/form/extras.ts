import { html } from 'hono/html';
import { formatBytes } from '../../core/format.ts';
import type { Environment } from '../../server/environment.ts';
import { KEEP_IT_ELSEWHERE, opensBackups } from '../../server/password-to-keep.ts';
import type { Piece } from '../layout.ts';
import { inFormWords } from './form-words.ts';
import type { InputKey } from './inputs.ts';
import type { Target, Turn } from './turn.ts';

/** The boxes of the form that are no settings. */
export const KEEPS_PRESENT = 'keep-present-password';
export const MAY_CREATE = 'create-destination';
export const DATABASE = 'database';

/** What stands below some inputs: buttons that try them, what the tries found, and questions. */
export function extrasOf(key: InputKey, target: Target, turn: Turn | undefined, environment: Environment): Piece[] {
  if (key === 'connectionString') {
    return [...databasesView(turn), ...found(key, turn), tryButton(target, 'connection', 'Try connection')];
  }
  if (key === 'destinations') {
    return [...directoryView(turn), ...found(key, turn), tryButton(target, 'storage', 'Try storage')];
  }
  if (key !== 'archivePassword') return [];
  return [html`<p class="hint">${KEEP_IT_ELSEWHERE}</p>`, ...presentPassword(target, turn, environment)];
}

function tryButton({ path }: Target, wish: string, text: string): Piece {
  return html`<div class="actions"><button class="small" formaction="${path}?try=${wish}">${text}</button></div>`;
}

/** What a try found, line by line. It has the focus, for this is what the person waits for. */
function found(key: InputKey, turn: Turn | undefined): Piece[] {
  const text = turn?.outcome.found?.get(key);
  if (turn === undefined || text === undefined) return [];
  const lines = text.split('\n').map((line) => {
    const isDoubtful = /^(?:warning:|Mind:)/.test(line);
    return html`<div class="banner ${isDoubtful ? 'warning' : 'ok'}"><p>${inFormWords(line)}</p></div>`;
  });
  return [
    html`<div class="stack" role="status" tabindex="-1" ${turn.wish === 'store' ? '' : 'autofocus'}>${lines}</div>`,
  ];
}

function databasesView(turn: Turn | undefined): Piece[] {
  const databases = turn?.outcome.databases ?? [];
  if (databases.length === 0) return [];
  const choices = databases.map(
    ({ name, sizeBytes }) =>
      html`<label class="check"
        ><input type="radio" name="${DATABASE}" value="${name}" /><span
          >${name}${sizeBytes === undefined ? '' : html` <span class="muted">${formatBytes(sizeBytes)}</span>`}</span
        ></label
      >`,
  );
  return [
    html`<fieldset class="inner">
      <legend>Which database?</legend>
      ${choices}
    </fieldset>`,
  ];
}

function directoryView(turn: Turn | undefined): Piece[] {
  const isAsked = turn?.outcome.isDirectoryMissing === true || turn?.form.has(MAY_CREATE) === true;
  if (!isAsked) return [];
  return [
    html`<label class="check"
      ><input type="checkbox" name="${MAY_CREATE}" ${turn.form.has(MAY_CREATE) ? 'checked' : ''} />Create the directory,
      or use the one that is there</label
    >`,
  ];
}

function presentPassword({ today, storedCount }: Target, turn: Turn | undefined, environment: Environment): Piece[] {
  if (!opensBackups({ today, storedCount, environment })) return [];
  const isChecked = turn === undefined || turn.form.has(KEEPS_PRESENT);
  return [
    html`<label class="check"
      ><input type="checkbox" name="${KEEPS_PRESENT}" ${isChecked ? 'checked' : ''} />When it changes, keep the present
      password, to open the ${storedCount} ${storedCount === 1 ? 'backup' : 'backups'} made with it</label
    >`,
  ];
}
