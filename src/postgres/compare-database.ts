import type { DatabaseFacts } from '../config/database-facts.ts';
import { describeLocale } from './create-options.ts';

/** What is to be known before a dump goes into a database that was made otherwise than the one it was taken of. */
export function differencesBetween(source: DatabaseFacts, target: DatabaseFacts): string[] {
  const said: string[] = [];
  const isSameLocale =
    source.provider === target.provider &&
    nameOf(source.collate) === nameOf(target.collate) &&
    nameOf(source.ctype) === nameOf(target.ctype) &&
    source.locale === target.locale &&
    source.icuRules === target.icuRules;
  if (source.encoding !== target.encoding || !isSameLocale) {
    said.push(
      `the database that was dumped has ${describeLocale(source)}; this one has ${describeLocale(target)}: ` +
        'texts may be ordered otherwise, or refused (--create makes one as it was)',
    );
  }
  return said;
}

/** glibc takes a codeset in any spelling: `de_DE.UTF-8`, `de_DE.utf8`. */
function nameOf(locale: string): string {
  return locale === 'POSIX' ? 'C' : locale.replace(/\..*$/, (codeset) => codeset.toLowerCase().replaceAll('-', ''));
}
