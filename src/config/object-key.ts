/** Tells objects of all places apart: an id is unique in its own only. */
export function objectKey(place: string | undefined, id: string | undefined): string {
  return `${place}\n${id}`;
}
