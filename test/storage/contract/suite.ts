import { describe, test } from '@jest/globals';
import { doubtCases } from './doubt-cases.ts';
import { faultCases } from './fault-cases.ts';
import { listingCases } from './listing-cases.ts';
import type { Kind } from './rig.ts';
import { storingCases } from './storing-cases.ts';

/** What every storage keeps to. */
export function keepsToTheContract(kind: Kind): void {
  describe(`${kind.name} as a storage`, () => {
    storingCases(kind);
    listingCases(kind);
    doubtCases(kind);
    faultCases(kind);

    const missing = Object.entries(kind.cannot);
    if (missing.length > 0) test.skip.each(missing)('has no fault of the kind "%s": %s', () => {});
  });
}
