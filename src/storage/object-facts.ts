/** Tells objects of all places apart: an id is unique in its own only. */
export function objectKey(place: string | undefined, id: string | undefined): string {
  return `${place}\n${id}`;
}

/** The fact that is kept with an object, where storage can: the id of the catalogue that made it. */
export const CATALOG_FACT = 'pgbak-catalog';

/**
 * The fact that holds the note of an archive's SHA-256 (`sum-note.ts`), where storage can keep it: B2 takes it only of
 * what is whole before it is sent, since it takes no more facts of a file once its upload has begun.
 */
export const SUM_FACT = 'pgbak-sum';
