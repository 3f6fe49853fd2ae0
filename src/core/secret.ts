import { inspect } from 'node:util';

/** Printed in place of a secret. */
const HIDDEN = '[hidden]';

/**
 * A text that must not be seen: a password, an application key, a connection string, a ping URL. It prints as `[hidden]` in a
 * template, in JSON and under `console.log`. Call `reveal()` only where the text goes to a program, a service or the catalogue.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
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

/**
 * Replaces the secrets in a text by `[hidden]`, in each form in which programs repeat them: as they are, percent-encoded as in a
 * URI, and with quotes or backslashes escaped as in a key/value connection string. The longest goes first, so that a secret
 * which contains another leaves no remainder.
 */
export function redact(text: string, secrets: readonly Secret[]): string {
  const forms = secrets.flatMap((secret) => formsOf(secret.reveal()));
  return [...new Set(forms)]
    .filter((form) => form !== '')
    .sort((a, b) => b.length - a.length)
    .reduce((redacted, form) => redacted.replaceAll(form, HIDDEN), text);
}

function formsOf(plain: string): string[] {
  const encoded = encodeURIComponent(plain);
  return [
    plain,
    encoded,
    encoded.replaceAll(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase()),
    encodeURI(plain),
    plain.replaceAll(/[\\']/g, '\\$&'),
    JSON.stringify(plain).slice(1, -1),
  ];
}
