/** Bytes of a file. */
export interface Range {
  startByte: number;
  sizeBytes: number;
}

const endOf = ({ startByte, sizeBytes }: Range) => startByte + sizeBytes;

/** The same bytes in order, ranges that touch or overlap as one. */
export function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.startByte - b.startByte)) {
    const last = result.at(-1);
    if (last === undefined || endOf(last) < range.startByte) result.push({ ...range });
    else last.sizeBytes = Math.max(endOf(last), endOf(range)) - last.startByte;
  }
  return result;
}

/** The bytes that are in both. Each list must be joined. */
export function common(some: readonly Range[], others: readonly Range[]): Range[] {
  return some.flatMap((one) =>
    others.flatMap((other) => {
      const startByte = Math.max(one.startByte, other.startByte);
      const sizeBytes = Math.min(endOf(one), endOf(other)) - startByte;
      return sizeBytes > 0 ? [{ startByte, sizeBytes }] : [];
    }),
  );
}

/** The bytes of the first list that are not in the second. Each list must be joined. */
export function without(ranges: readonly Range[], gone: readonly Range[]): Range[] {
  return ranges.flatMap((range) => {
    const left: Range[] = [];
    let startByte = range.startByte;
    for (const hole of common([range], gone)) {
      if (hole.startByte > startByte) left.push({ startByte, sizeBytes: hole.startByte - startByte });
      startByte = endOf(hole);
    }
    if (endOf(range) > startByte) left.push({ startByte, sizeBytes: endOf(range) - startByte });
    return left;
  });
}

export function isWithin(range: Range, outer: Range): boolean {
  return range.startByte >= outer.startByte && endOf(range) <= endOf(outer);
}
