import { html } from 'hono/html';
import type { Environment } from '../../server/environment.ts';
import { settingsPlace } from '../../server/destination.ts';
import { attempt, describeFailure, PgbakError } from '../../core/errors.ts';
import { unmendedProblems } from '../../server/server.ts';
import type { Piece } from '../layout.ts';
import { extrasOf } from './extras.ts';
import { errorView, idOf, inputView } from './input-view.ts';
import { BASIC_INPUTS, INPUT_GROUPS, INPUTS, sentence, type Input } from './inputs.ts';
import { asProblems, removalOf } from './read-form.ts';
import { secretState, whenEmpty } from './secret-state.ts';
import { fingerprint, isUnusual, shownText } from './shown-text.ts';
import type { Target, Turn } from './turn.ts';

export const UNTRIED = 'store-untried';
const SUMMARY = 'problems';

/** The form of `add` and `edit`: as it is opened, or as it was sent with what came of it. */
export function formView(target: Target, turn: Turn | undefined, draftId: string, environment: Environment): Piece {
  const { path, today } = target;
  // A form that is opened tells at once what cannot be read.
  const problems = turn?.outcome.problems ?? (today === undefined ? [] : asProblems(unmendedProblems(today, {})));
  const typed = [...(turn?.draft.typed.keys() ?? [])];
  const save = today === undefined ? 'Add the server' : 'Store the changes';
  return html`${summary(turn)}
    <form class="settings" method="post" action="${path}" novalidate>
      <button class="hidden" tabindex="-1" aria-hidden="true">${save}</button>
      <input type="hidden" name="draft" value="${draftId}" />
      ${today === undefined ? '' : html`<input type="hidden" name="seen" value="${turn?.seen ?? fingerprint(today)}" />`}
      ${typed.map((flag) => html`<input type="hidden" name="typed" value="${flag}" />`)}
      <fieldset class="card">
        <legend><h2>Basics</h2></legend>
        ${BASIC_INPUTS.map((input) => viewOf(input))}
      </fieldset>
      ${INPUT_GROUPS.map(({ title, inputs }) => groupView(title, inputs))}
      <div class="card">
        <label class="check"
          ><input type="checkbox" name="${UNTRIED}" ${turn?.form.has(UNTRIED) === true ? 'checked' : ''} />Store it
          untried, without a look at the database and the storage</label
        >
        <div class="actions">
          <button class="primary">${save}</button>
          <a class="button quiet" href="${today === undefined ? '/' : `/servers/${today.id}`}">Cancel</a>
        </div>
      </div>
    </form>`;

  function viewOf(input: Input): Piece {
    const problem = problems.find(({ key }) => key === input.key)?.problem;
    const isFirst = turn?.outcome.problems[0]?.key === input.key;
    return inputView({
      input,
      text: textOf(input),
      whenEmpty: whenEmpty(input.key, environment),
      problem,
      secret: input.isSecret ? secretState(input, turn?.draft, today) : undefined,
      isGood: turn?.outcome.found?.has(input.key) === true,
      isRemoved: turn?.form.has(removalOf(input.flag)) ?? false,
      isRequired: input.key === 'connectionString',
      isFocused: isFirst && turn?.wish !== 'store',
      below: extrasOf(input.key, target, turn, environment),
    });
  }

  /** What was sent stays as it is. */
  function textOf({ key, flag, isSecret }: Input): string {
    if (isSecret || key === 'check') return '';
    return turn === undefined ? shownText(key, today) : (turn.form.get(flag) ?? '').replaceAll('\r\n', '\n');
  }

  function groupView(title: string, inputs: readonly Input[]): Piece {
    const isWrong = problems.some(({ key }) => inputs.some((input) => input.key === key));
    const count = inputs.filter((input) => isSet(input)).length;
    const isOpen = isWrong || count > 0 || inputs.some((input) => isWanted(input));
    return html`<details class="card group" ${isOpen ? 'open' : ''}>
      <summary>
        <h2>${title}</h2>
        <span class="muted small">${count === 0 ? 'as usual' : `${count} set`}</span>
      </summary>
      <div class="stack" role="group" aria-label="${title}">${inputs.map((input) => viewOf(input))}</div>
    </details>`;
  }

  function isSet(input: Input): boolean {
    if (input.isSecret) return secretState(input, turn?.draft, today).is !== 'none';
    if (input.key === 'check') return false;
    if (turn !== undefined && textOf(input) !== shownText(input.key, today)) return true;
    return today !== undefined && isUnusual(input.key, today);
  }

  /** B2 cannot be used without its three settings. */
  function isWanted({ key }: Input): boolean {
    if (key !== 'b2KeyId' && key !== 'b2AppKey' && key !== 'b2Bucket') return false;
    const sent = turn?.form
      .get('destination')
      ?.split(/\r?\n/)
      .filter((line) => line.trim() !== '');
    const destinations = sent ?? today?.destinations ?? [];
    const place = attempt(() => settingsPlace({ destinations }, environment));
    if (place instanceof PgbakError || place.kind !== 'b2') return false;
    return whenEmpty(key, environment) === undefined && today?.[key] === undefined;
  }
}

/** All that is wrong, with links to where it is. It has the focus where something was to be stored. */
function summary(turn: Turn | undefined): Piece | '' {
  if (turn === undefined) return '';
  const { problems, problem } = turn.outcome;
  // What a try found stands beside the input.
  if (turn.wish !== 'store' && problem === undefined) return '';
  const count = problems.length + (problem === undefined ? 0 : 1);
  if (count === 0) return '';
  const what = turn.wish === 'store' ? 'Nothing was stored' : 'It could not be tried';
  const links = problems.map(({ key, problem: wrong }) => {
    const input = INPUTS.find((one) => one.key === key);
    if (input === undefined) return '';
    return html`<li><a href="#${idOf(input)}">${sentence(input.label)}</a>: ${describeFailure(wrong).message}</li>`;
  });
  return html`<section class="banner failing" tabindex="-1" autofocus aria-labelledby="${SUMMARY}">
    <div class="stack">
      <h2 id="${SUMMARY}">${what}: ${count === 1 ? 'one thing needs' : `${count} things need`} a look</h2>
      ${problem === undefined ? '' : errorView('problem', problem, false)}
      ${
        links.length === 0
          ? ''
          : html`<ul>
              ${links}
            </ul>`
      }
    </div>
  </section>`;
}
