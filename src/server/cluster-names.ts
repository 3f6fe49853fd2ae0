/** What the archive of a cluster's roles is called, beside those of its databases. */
const GLOBALS = 'globals';

/**
 * The last part of the archive name of a database: `shop`. What a place cannot hold in a name, or would take for a folder, is
 * percent-encoded. A database called like the archive of the roles gets its first letter encoded.
 */
export function archivePartOf(database: string | undefined): string {
  if (database === undefined) return GLOBALS;
  // oxlint-disable-next-line no-control-regex
  const encoded = database.replaceAll(/[\u0000-\u001F\u007F%/\\]/g, percent);
  const isSpecial = encoded === GLOBALS || /^\.{1,2}$/.test(encoded);
  return isSpecial ? `${percent(encoded.charAt(0))}${encoded.slice(1)}` : encoded;
}

/** How a part of a cluster is called behind `SERVER/`: as PostgreSQL calls it, but for characters that no terminal shows. */
export function partName(database: string | undefined): string {
  if (database === GLOBALS) return archivePartOf(database);
  // oxlint-disable-next-line no-control-regex
  return database?.replaceAll(/[\u0000-\u001F\u007F]/g, percent) ?? GLOBALS;
}

/** Whether an archive name is that of the roles of a cluster: `main/globals`. */
export function isOfRoles(archiveName: string): boolean {
  return archiveName.endsWith(`/${GLOBALS}`);
}

/** The database of an archive of a cluster by the last part of its name; undefined for the roles. */
export function databaseOfArchive(part: string): string | undefined {
  if (part === GLOBALS) return undefined;
  return part.replaceAll(/%([0-9A-F]{2})/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
