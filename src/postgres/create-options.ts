import type { DatabaseLocale } from '../core/database-facts.ts';
import { quoteLiteral } from './quote.ts';

/**
 * What follows `CREATE DATABASE name TEMPLATE template0` for a database that is to order and class its texts as another
 * does (https://www.postgresql.org/docs/current/sql-createdatabase.html). Only template0 takes another encoding or locale
 * than its own. `major` is the version of the server that is to make it, which `lackingProvider` has let pass.
 */
export function localeOptions(made: DatabaseLocale, major: number): string {
  const { encoding, provider, collate, ctype, locale, icuRules } = made;
  const options = [
    `encoding ${quoteLiteral(encoding)}`,
    `lc_collate ${quoteLiteral(collate)}`,
    `lc_ctype ${quoteLiteral(ctype)}`,
  ];
  if (major >= 15) options.push(`locale_provider ${provider}`);
  if (provider !== 'libc' && locale !== undefined) options.push(`${provider}_locale ${quoteLiteral(locale)}`);
  if (provider === 'icu' && icuRules !== undefined) options.push(`icu_rules ${quoteLiteral(icuRules)}`);
  return options.join(' ');
}

/** Why a server of a version cannot make such a database at all; undefined where it can. */
export function lackingProvider(made: DatabaseLocale, major: number): string | undefined {
  const { provider, icuRules, locale } = made;
  if (provider === 'icu' && major < 15)
    return `PostgreSQL ${major} has no databases with a locale of ICU, only 15 and later`;
  if (provider === 'icu' && icuRules !== undefined && major < 16) {
    return `PostgreSQL ${major} knows no ICU rules for a database, only 16 and later`;
  }
  if (provider === 'builtin' && major < 17) {
    return `PostgreSQL ${major} has no locales of its own (${locale}), only 17 and later`;
  }
  return undefined;
}

/** The locales of the operating system that it takes; PostgreSQL has C itself. */
export function systemLocales({ collate, ctype }: DatabaseLocale): string[] {
  return [...new Set([collate, ctype])].filter((name) => !['C', 'POSIX'].includes(name));
}

/** For people: `UTF8, locale de-DE of ICU`. */
export function describeLocale({ encoding, provider, collate, ctype, locale }: DatabaseLocale): string {
  if (provider === 'icu') return `${encoding}, locale ${locale} of ICU`;
  if (provider === 'builtin') return `${encoding}, PostgreSQL's own locale ${locale}`;
  return `${encoding}, locale ${collate}${ctype === collate ? '' : `, LC_CTYPE ${ctype}`}`;
}
