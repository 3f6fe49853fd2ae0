import { inspect } from 'node:util';

/** Printed in place of a secret. */
const HIDDEN = '[hidden]';

/**
 * A text that must not be seen: a password, an application key, a connection string, a ping URL. It prints as `[hidden]` in a
 * template, in JSON and under `console.log`. Call `reveal()` only where the text goes to a program, a service or the catalogue.
 */
export class Secret {
  readonly #text: string;
  /** The reference that led to it, `env:NAME` or `file:/path`, which may be shown. */
  readonly origin: string | undefined;

  constructor(text: string, origin?: string) {
    this.#text = text;
    this.origin = origin;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

/** Printed in place of a line that holds a secret which its gap would give away. */
const HIDDEN_LINE = '[hidden: it holds a secret]';
const FEWEST_CHARACTERS = 8;
/** Shorter secrets are parts of many words. */
const SHORTEST_IN_WORDS = 4;

/**
 * Hides the secrets in the words of a program, in each form in which programs repeat them: as they are, percent-encoded as in a
 * URI, and with quotes or backslashes escaped as in a key/value connection string.
 *
 * Who knows the program's words can fill a gap in them: "Wrong [hidden]?" tells the password "password". So a line that holds
 * such a secret is hidden whole. Recognize a failure before this, by the words as they were.
 */
export function redact(text: string, secrets: readonly Secret[]): string {
  const guessable = secrets.filter((secret) => isGuessable(secret)).flatMap((secret) => formsOf(secret));
  return redactRare(text, secrets)
    .split('\n')
    .map((line) => (guessable.some((form) => isIn(line, form)) ? HIDDEN_LINE : line))
    .join('\n');
}

/**
 * The same for our own sentences, which repeat no secret: a secret that is a common word stays, since it stands there by chance.
 * The longest goes first, so that a secret which contains another leaves no remainder.
 */
export function redactRare(text: string, secrets: readonly Secret[]): string {
  return secrets
    .filter((secret) => !isGuessable(secret))
    .flatMap((secret) => formsOf(secret))
    .sort((a, b) => b.length - a.length)
    .reduce((redacted, form) => redacted.replaceAll(form, HIDDEN), text);
}

/** Whether a secret may be among the words of any message, as `password`, `n` and `5432` are. */
function isGuessable(secret: Secret): boolean {
  const text = secret.reveal();
  return text.length < FEWEST_CHARACTERS || !/\d/.test(text);
}

function isIn(line: string, form: string): boolean {
  if (form.length >= SHORTEST_IN_WORDS) return line.includes(form);
  const isPartOfWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
  for (let at = line.indexOf(form); at !== -1; at = line.indexOf(form, at + 1)) {
    if (!isPartOfWord(line[at - 1]) && !isPartOfWord(line[at + form.length])) return true;
  }
  return false;
}

function formsOf(secret: Secret): string[] {
  const plain = secret.reveal();
  const encoded = encodeURIComponent(plain);
  const forms = [
    plain,
    encoded,
    encoded.replaceAll(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase()),
    encodeURI(plain),
    plain.replaceAll(/[\\']/g, '\\$&'),
    JSON.stringify(plain).slice(1, -1),
  ];
  return [...new Set(forms)].filter((form) => form !== '');
}
