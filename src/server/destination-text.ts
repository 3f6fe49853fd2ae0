import { ConfigError } from '../core/errors.ts';
import { directoryAt, directoryPlace, parsePlace } from '../storage/place.ts';
import { isDestinationName } from './destination-name.ts';

/** The text of a place as it is stored: a plain path gets its scheme. A name stays. Throws a `ConfigError` for neither. */
export function destinationText(text: string): string {
  if (isDestinationName(text)) return text;
  const isPath = parsePlace(text).kind === 'directory' && directoryAt(text) === undefined;
  return isPath ? directoryPlace(text) : text;
}

/** The same for all destinations of a server. */
export function destinationTexts(given: readonly string[]): readonly string[] {
  const texts = given.map((text) => destinationText(text));
  const twice = texts.find((text, index) => texts.indexOf(text) !== index);
  if (twice === undefined) return texts;
  throw new ConfigError(`the destination ${twice} is given twice`, 'Name each destination once.');
}
