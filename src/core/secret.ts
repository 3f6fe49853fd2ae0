import { inspect } from 'node:util';

/** What stands in for a secret wherever one would have been printed. */
export const HIDDEN = '[hidden]';

/**
 * A text that must not be seen: a password, an application key, a connection string, a ping URL. It prints as
 * `[hidden]` in a template, in JSON and under `console.log`; only `reveal()` gives the text, and only the place that
 * hands it to a program, a service or the catalogue calls that.
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
 * `text` with every one of `secrets` replaced by `[hidden]`, in each form in which programs repeat them: as it is,
 * percent-encoded as in a URI, and with quotes or backslashes escaped as in a key/value connection string. Of several
 * secrets the longest goes first, so that one which contains another leaves no remainder.
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
