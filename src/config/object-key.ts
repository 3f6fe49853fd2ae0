/** Tells objects of all places apart: an id is unique in its own only. */
export function objectKey(place: string | undefined, id: string | undefined): string {
  return `${place}\n${id}`;
}

/** The fact that is kept with an object, where storage can: the id of the catalogue that made it. */
export const CATALOG_FACT = 'pgbak-catalog';
