import { TRANSLATIONS } from './translations.ts';

/**
 * A server's words with every sentence that is known in another language put into English, so that a failure is
 * recognized by the same words everywhere. A server speaks the language of its lc_messages, and not every role may ask
 * for another; before a session has begun, and through pg_dump, there is no SQLSTATE either.
 */
export function inEnglish(words: string): string {
  let english = words;
  for (const [sentence, translations] of Object.entries(TRANSLATIONS)) {
    for (const translation of translations) {
      english = english.replace(patternOf(translation), (_found: string, name: unknown) =>
        sentence.replace('%s', () => String(name)),
      );
    }
  }
  return english;
}

/** Matches a translated sentence, with any white space where it has some; its name is the first group. */
function patternOf(translation: string): RegExp {
  const escaped = translation.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
  const isQuoted = /["«»]\s*%s/.test(translation);
  const end = escaped.endsWith('%s') ? '' : '?';
  return new RegExp(escaped.replace('%s', isQuoted ? '([^"«»]+?)' : `(\\S+${end})`), 'u');
}
