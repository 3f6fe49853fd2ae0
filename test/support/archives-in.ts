import { existsSync, readdirSync } from 'node:fs';
import { SIDECAR } from '../../src/storage/sidecar-text.ts';

/** What lies in a directory of archives, but for its mark and the sum beside each; one without its archive is listed. */
export function archivesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name !== '.pgbak-destination');
  return names.filter(
    (name) => !(name.endsWith(SIDECAR) && names.includes(name.slice(0, name.length - SIDECAR.length))),
  );
}
