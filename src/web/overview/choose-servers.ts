import { html } from 'hono/html';
import type { OrderName, Selection } from '../../monitor/overview.ts';
import { STATES, type State } from '../../monitor/status.ts';
import type { Piece } from '../layout.ts';
import { stateBadge } from '../state-badge.ts';

/** The address of the overview with a selection; what is as usual is left out. */
export function addressOf({ text, state, order, isDescending }: Selection): string {
  const parameters = new URLSearchParams();
  if (text !== '') parameters.set('q', text);
  if (state !== undefined) parameters.set('state', state);
  if (order !== 'state' || isDescending) parameters.set('sort', `${isDescending ? '-' : ''}${order}`);
  const query = parameters.toString();
  return query === '' ? '/' : `/?${query}`;
}

/** How many servers are in each state, as links that show those alone. */
export function choicesOf(counts: Readonly<Record<State, number>>, all: number, selection: Selection): Piece {
  const link = (state: State | undefined, words: Piece | string) =>
    html`<li><a href="${addressOf({ ...selection, state })}" ${isCurrent(state === selection.state)}>${words}</a></li>`;
  return html`<nav aria-label="Servers by state">
    <ul class="choices">
      ${link(undefined, `All ${all}`)}
      ${STATES.filter((state) => counts[state] > 0).map((state) =>
        link(state, html`${counts[state]} ${stateBadge(state)}`),
      )}
    </ul>
  </nav>`;
}

const isCurrent = (isSo: boolean) => (isSo ? html`aria-current="true"` : '');

/** The form that looks for a name. */
export function filterOf(selection: Selection): Piece {
  const { text, state, order, isDescending } = selection;
  const kept = Object.entries({
    state,
    sort: order === 'state' && !isDescending ? undefined : `${isDescending ? '-' : ''}${order}`,
  }).map(([name, value]) => (value === undefined ? '' : html`<input type="hidden" name="${name}" value="${value}" />`));
  const clear =
    text === '' ? '' : html`<a class="button quiet" href="${addressOf({ ...selection, text: '' })}">Clear</a>`;
  return html`<form class="filter" role="search">
    <input type="search" name="q" value="${text}" placeholder="Name or database" aria-label="Name or database" />
    ${kept}<button>Find</button>${clear}
  </form>`;
}

/** The heading of a column that can be sorted by. A second click turns the order around. */
export function sortable(title: string, order: OrderName, selection: Selection, isNumber = false): Piece {
  const isSorted = selection.order === order;
  // What people look for is the newest, the largest, the worst and the first of the alphabet.
  const isDescending = isSorted ? !selection.isDescending : ['backup', 'size', 'verified'].includes(order);
  const href = addressOf({ ...selection, order, isDescending });
  const sort = isSorted ? html`aria-sort="${selection.isDescending ? 'descending' : 'ascending'}"` : '';
  return html`<th scope="col" ${isNumber ? html`class="number"` : ''} ${sort}><a href="${href}">${title}</a></th>`;
}
