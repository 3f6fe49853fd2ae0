import { html } from 'hono/html';
import { describeFailure, type PgbakError } from '../../core/errors.ts';
import type { Piece } from '../layout.ts';
import { inFormWords } from './form-words.ts';
import { sentence, type Input } from './inputs.ts';
import { removalOf } from './read-form.ts';
import type { SecretState } from './secret-state.ts';

/** What one input shows. */
export interface InputView {
  input: Input;
  /** The text in it, or `on` for a box; empty for a secret. */
  text: string;
  /** What applies where it is empty. */
  whenEmpty: string | undefined;
  problem: PgbakError | undefined;
  /** Of a secret. */
  secret: SecretState | undefined;
  /** Whether a try of it went well. */
  isGood: boolean;
  /** Whether the box that takes the secret away is checked. */
  isRemoved: boolean;
  isRequired: boolean;
  /** Whether it gets the focus when the page is opened. */
  isFocused: boolean;
  /** Further things below it: buttons, what a try found, boxes. */
  below: readonly Piece[];
}

/** The element of an input, for links to it. */
export function idOf({ flag }: Pick<Input, 'flag'>): string {
  return `f-${flag}`;
}

/** An input with its label, its help, what is wrong with it, and what belongs to it. */
export function inputView(view: InputView): Piece {
  const { input, problem, secret, below, isRequired } = view;
  const { flag, label, unit, help } = input;
  const id = idOf(input);
  const described = [
    `${id}-hint`,
    ...(secret !== undefined && secret.is !== 'none' ? [`${id}-state`] : []),
    ...(problem === undefined ? [] : [`${id}-error`]),
  ].join(' ');
  const name = `${sentence(label)}${unit === undefined || unit === 'h' ? '' : ` (${unit})`}`;
  const error = problem === undefined ? '' : errorView(`${id}-error`, problem, view.isFocused);
  const hint = html`<p class="hint" id="${id}-hint">
    ${sentence(help)}.${isLines(input) ? ' One per line.' : ''}${examplesOf(input)}
  </p>`;
  if (input.kind === 'switch') {
    const box = html`<input
      type="checkbox"
      id="${id}"
      name="${flag}"
      ${view.text === 'on' ? 'checked' : ''}
      aria-describedby="${described}"
    />`;
    return html`<div class="field">
      <div class="control"><label class="check" for="${id}">${box}${name}</label>${hint}${error}</div>
    </div>`;
  }
  const hasRemoval = secret !== undefined && secret.is !== 'none' && !isRequired;
  return html`<div class="field">
    <div class="about">
      <label for="${id}">${name}${isRequired ? html` <span class="muted">(needed)</span>` : ''}</label>${hint}
    </div>
    <div class="control">
      ${secret === undefined ? '' : stateView(id, secret, stateOf(view))}${error}${control(view, id, described)}
      ${hasRemoval ? removalView(view, secret) : ''}${below}
    </div>
  </div>`;
}

function removalView({ input, isRemoved }: InputView, secret: SecretState): Piece {
  const box = html`<input type="checkbox" name="${removalOf(input.flag)}" ${isRemoved ? 'checked' : ''} />`;
  return html`<label class="check">${box}${removalText(input, secret)}</label>`;
}

/** Whether it is a box of several lines. */
function isLines({ kind, isSecret }: Input): boolean {
  return kind === 'list' && !isSecret;
}

/** Each example in a box of its own; none where the help has one already. */
function examplesOf({ help, example }: Input): Piece | '' {
  if (example === undefined || help.includes('such as')) return '';
  const parts = example.split(/(, | or |; )/);
  const [first = ''] = parts;
  if (help.endsWith(`default ${first}`)) return '';
  const pieces = parts.map((part, index) => {
    if (index % 2 === 1) return part;
    const [value = '', ...words] = part.split(' ');
    return html`<code>${value}</code>${words.length === 0 ? '' : ` ${words.join(' ')}`}`;
  });
  return html` For example: ${pieces}`;
}

/** A message with its hint. Its hint speaks of flags, which the form has not. */
export function errorView(id: string, problem: unknown, isFocused: boolean): Piece {
  const { message, hint } = describeFailure(problem);
  return html`<div class="error" id="${id}" tabindex="-1" ${isFocused ? 'autofocus' : ''}>
    <p><span class="hidden">Wrong: </span>${message}</p>
    ${hint === undefined ? '' : html`<p class="hint">${inFormWords(hint)}</p>`}
  </div>`;
}

/** What is said of a secret that is set or was typed: a badge in a tone, and what to do. */
type SecretWords = readonly [tone: 'ok' | 'warning' | 'failing', badge: string, todo: string];

function stateOf({ secret, problem, isGood }: InputView): SecretWords {
  if (secret?.is !== 'typed') return ['ok', 'Set', 'Leave the field empty to keep it.'];
  if (problem !== undefined) {
    return ['failing', 'Not accepted', 'Type it again, or leave the field empty to try the same once more.'];
  }
  if (isGood) return ['ok', 'Connected', 'It is stored with the form. Leave the field empty to store this.'];
  return ['warning', 'Typed, not stored yet', 'Leave the field empty to store this.'];
}

function stateView(id: string, { is, count, shown }: SecretState, [tone, badge, todo]: SecretWords): Piece | '' {
  if (is === 'none') return '';
  return html`<p class="state" id="${id}-state">
    <span class="badge ${tone}">${badge}${count > 1 ? ` (${count})` : ''}</span>
    ${shown.map((text) => html`<code>${text}</code> `)}<span class="muted small">${todo}</span>
  </p>`;
}

function removalText({ key, kind }: Input, { is, count }: SecretState): string {
  if (is === 'typed') return 'Forget what was typed, and use none';
  if (key === 'check') return 'Take the three URLs away';
  return kind === 'list' && count > 1 ? `Remove all ${count}` : 'Remove it';
}

function control(view: InputView, id: string, described: string): Piece {
  const { input, text, whenEmpty, problem, isRequired } = view;
  const { flag, kind, choices, isMasked } = input;
  const invalid = problem === undefined ? '' : html`aria-invalid="true"`;
  const common = html`id="${id}" name="${flag}" aria-describedby="${described}" ${invalid}
  ${isRequired ? html`aria-required="true"` : ''}`;
  if (kind === 'choice') {
    return html`<select ${common}>
      ${text === '' ? html`<option value="" selected>choose one</option>` : ''}
      ${choices.map(
        (one, index) =>
          html`<option value="${one}" ${one === text ? 'selected' : ''}>
            ${one}${index === 0 ? ' (default)' : ''}
          </option>`,
      )}
    </select>`;
  }
  const empty = whenEmpty === undefined ? '' : html`placeholder="${whenEmpty}"`;
  const plain = html`autocomplete="off" autocapitalize="off" spellcheck="false"`;
  // HTML drops the first line break.
  if (isLines(input)) return html`<textarea ${common} rows="2" ${plain}>${`\n${text}`}</textarea>`;
  if (isMasked) {
    return html`<div class="joined">
      <input type="password" data-reveal autocomplete="new-password" ${common} ${empty} />
    </div>`;
  }
  const mode = kind === 'whole' && flag !== 'frequency-hrs' ? html`inputmode="numeric"` : '';
  return html`<input type="text" ${common} value="${text}" ${empty} ${plain} ${mode} />`;
}
