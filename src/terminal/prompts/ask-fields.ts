import { parseArchiveName } from '../../server/archive-name.ts';
import { directoryPlace, parsePlace } from '../../storage/place.ts';
import { parsePingUrl } from '../../notify/ping-url.ts';
import { isReference } from '../../server/reference.ts';
import { Secret } from '../../core/secret.ts';
import { parseName } from '../../server/names.ts';
import { PgbakError } from '../../core/errors.ts';
import { parseConnection } from '../../postgres/connection.ts';
import { fieldPrompt, type FieldPromptConfig } from './field-prompt.ts';

/** The checks of single fields, as the prompts make them at every key. */
export const problems = {
  connection: checked((text) => {
    if (!isReference(text)) parseConnection(new Secret(text));
  }),
  name: checked(parseName),
  archiveName: checked(parseArchiveName),
  directory: checked((text) => parsePlace(directoryPlace(text))),
  pingUrl: checked((text) => {
    if (!isReference(text)) parsePingUrl(text);
  }),
  hours: (text: string) => (/^[1-9]\d{0,5}$/.test(text) ? undefined : 'a whole number of hours, 1 or more'),
  anything: () => undefined,
  something: (text: string) => (text === '' ? 'this is needed' : undefined),
};

/** The reason why a parser refuses a text, with what to do about it. */
function checked(parse: (text: string) => unknown): (text: string) => string | undefined {
  return (text) => {
    try {
      parse(text);
      return undefined;
    } catch (error) {
      if (!(error instanceof PgbakError)) throw error;
      return error.message;
    }
  };
}

/** The first complaint of several checks. */
export function allOf(...checks: ((text: string) => string | undefined)[]): (text: string) => string | undefined {
  return (text) => checks.map((check) => check(text)).find((problem) => problem !== undefined);
}

export interface OptionalField extends Omit<FieldPromptConfig, 'emptyMeans'> {
  /** What stands in the catalogue now; a secret only as the fact that it is set. */
  today?: string | Secret | undefined;
  /** What applies when the record says nothing: `from B2_BUCKET`, `none`. */
  otherwise: string;
}

const CLEARS = '-';

/**
 * Asks for a field that may be left out. Returns what is to be changed: undefined for nothing, an empty text to clear.
 * A text is edited in place; a secret, which is not shown, stays by Enter and goes by a single `-`.
 */
export async function askOptional({ today, otherwise, ...config }: OptionalField): Promise<string | undefined> {
  if (today === undefined) {
    const text = await fieldPrompt({ ...config, emptyMeans: otherwise });
    return text === '' ? undefined : text;
  }
  if (today instanceof Secret) {
    const problemOf = (text: string) => (text === CLEARS ? undefined : config.problemOf(text));
    const text = await fieldPrompt({ ...config, problemOf, emptyMeans: `set; Enter keeps it, ${CLEARS} clears it` });
    return text === '' ? undefined : text === CLEARS ? '' : text;
  }
  const text = await fieldPrompt({ ...config, prefill: today, emptyMeans: otherwise });
  return text === today ? undefined : text;
}
