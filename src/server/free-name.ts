/** A name for a server that none has yet, as near to the wanted one as can be. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  // A name of digits only would be read as an id.
  const base = /^\d+$/.test(wanted) ? `server-${wanted}` : wanted;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}
