import { attempt, ConfigError, PgbakError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { numberIn } from '../../server/number-text.ts';
import { pingUrlsBelow } from '../../server/ping-urls.ts';
import { FIELDS, type FieldName, type ServerInput, type ServerRecord } from '../../server/server.ts';
import type { FieldProblem } from '../../server/server-form.ts';
import { serverInputFrom } from '../../server/server-input.ts';
import type { Draft } from './drafts.ts';
import { INPUTS, type Input, type InputKey } from './inputs.ts';
import { isUnreadable, shownText } from './shown-text.ts';

/** What is wrong with one input. */
export interface InputProblem {
  key: InputKey;
  problem: PgbakError;
}

/** What a form says of a server, as flags would say it, and what cannot be read of it. */
export interface ReadForm {
  input: ServerInput;
  problems: InputProblem[];
}

/** Problems of fields, each of which has an input. */
export function asProblems(problems: readonly FieldProblem[]): InputProblem[] {
  return problems.map(({ name, problem }) => ({ key: name, problem }));
}

/** Said of a secret whose draft is gone. */
const FORGOTTEN = 'what was typed here was forgotten, as it is after 30 minutes';

/** Reads a form. Secrets are noted in the draft. */
export function readForm(form: URLSearchParams, draft: Draft, today: ServerRecord | undefined): ReadForm {
  const flags: Record<string, unknown> = {};
  const problems: InputProblem[] = [];
  for (const input of INPUTS) {
    const value = attempt(() => valueIn(form, input, draft, today));
    if (value instanceof PgbakError) problems.push({ key: input.key, problem: value });
    else if (value !== undefined) flags[input.flag] = value;
  }
  return { input: serverInputFrom(flags), problems };
}

/** What the flag of an input would be given; undefined where the input changes nothing. Throws a `ConfigError`. */
function valueIn(form: URLSearchParams, input: Input, draft: Draft, today: ServerRecord | undefined): unknown {
  const { key, flag } = input;
  if (input.isSecret) {
    const given = secretIn(form, input, draft);
    // Its own rule comes with three fields, none of which a person would find.
    if (key === 'check' && typeof given === 'string') pingUrlsBelow(given);
    return given;
  }
  if (key === 'check') return undefined;
  if (input.kind === 'switch') {
    const isOn = form.has(flag);
    return !isUnreadable(key, today) && isOn === (shownText(key, today) === 'on') ? undefined : isOn;
  }
  const text = form.get(flag)?.replaceAll('\r\n', '\n');
  if (text === undefined || text === shownText(key, today)) return undefined;
  return valueOfText(text, key);
}

function valueOfText(text: string, name: FieldName): unknown {
  const { kind, flag, choices = [], default: byDefault } = FIELDS[name];
  if (kind === 'whole') return text.trim() === '' ? (byDefault ?? 0) : numberIn(text.trim(), name);
  if (kind === 'list') return linesOf(text);
  if (kind === 'choice' && !choices.includes(text)) throw new ConfigError(`--${flag} must be ${choices.join(' or ')}`);
  return text === '' && typeof byDefault === 'string' ? byDefault : text;
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The checkbox that takes a secret away. */
export function removalOf(flag: string): string {
  return `remove.${flag}`;
}

/** A secret that was typed now or in an earlier turn of the form; an empty text where it is to be taken away. */
function secretIn(form: URLSearchParams, { flag, kind }: Input, draft: Draft): string | string[] | undefined {
  const typed = form.get(flag) ?? '';
  const isRemoved = form.has(removalOf(flag));
  if (isRemoved) draft.typed.delete(flag);
  const before = draft.typed.get(flag) ?? [];
  const others = kind === 'list' ? before.filter((one) => one.reveal() !== typed) : [];
  if (typed !== '') draft.typed.set(flag, [new Secret(typed), ...others]);
  const texts = draft.typed.get(flag)?.map((one) => one.reveal()) ?? [];
  if (texts.length === 0 && !isRemoved && form.getAll('typed').includes(flag)) {
    throw new ConfigError(FORGOTTEN, 'Type it again.');
  }
  if (kind === 'list') return isRemoved ? ['', ...texts] : texts.length === 0 ? undefined : texts;
  return texts[0] ?? (isRemoved ? '' : undefined);
}
