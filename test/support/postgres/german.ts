import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import type { TemporaryFolder } from '../temporary-folder.ts';
import type { ClusterOptions } from './start-cluster.ts';

/** Debian's packages `locales` and `postgresql` bring both, unless an image leaves translations out. */
export const SPEAKS_GERMAN =
  existsSync('/usr/share/i18n/locales/de_DE') && hasTranslation('/usr/share/locale/de/LC_MESSAGES');

/** What lets the installed server say everything in German, by a locale made in this folder. */
export function inGerman(folder: TemporaryFolder): ClusterOptions {
  execFileSync('localedef', ['-i', 'de_DE', '-f', 'UTF-8', folder.at('de_DE.UTF-8')], { stdio: 'pipe' });
  return { env: { LOCPATH: folder.path }, settings: ['lc_messages=de_DE.UTF-8'] };
}

function hasTranslation(directory: string): boolean {
  return existsSync(directory) && readdirSync(directory).some((name) => /^postgres-\d+\.mo$/.test(name));
}
