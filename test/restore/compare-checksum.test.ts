import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { PartSum } from '../../src/core/backup-record.ts';
import { compareChecksum } from '../../src/restore/compare-checksum.ts';

const sha1Of = (content: Buffer) => createHash('sha1').update(content).digest('hex');

function partSumsOf(content: Buffer, sizes: readonly number[]): PartSum[] {
  let startByte = 0;
  return sizes.map((sizeBytes) => {
    const part = content.subarray(startByte, (startByte += sizeBytes));
    return { sizeBytes, sha1: sha1Of(part) };
  });
}

/** What is seen to differ when the content comes in chunks of these sizes, and then the rest. */
function differenceOf(noted: Parameters<typeof compareChecksum>[0], content: Buffer, chunks: readonly number[]) {
  const comparison = compareChecksum(noted);
  let startByte = 0;
  for (const size of chunks) comparison.update(content.subarray(startByte, (startByte += size)));
  comparison.update(content.subarray(startByte));
  return comparison.end().difference;
}

const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 12 });
const chunks = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 12 });

describe('an archive that is known by its parts', () => {
  test('is the same however its bytes come in', () => {
    fc.assert(
      fc.property(sizes, chunks, (parts, pieces) => {
        const content = randomBytes(parts.reduce((sum, size) => sum + size, 0));
        const noted = { sizeBytes: content.length, partSums: partSumsOf(content, parts) };
        expect(differenceOf(noted, content, pieces)).toBeUndefined();
      }),
    );
  });

  test('is another one when any byte is another one, and it is told where {damaged@prove}', () => {
    fc.assert(
      fc.property(sizes, chunks, fc.nat(), (parts, pieces, where) => {
        const content = randomBytes(parts.reduce((sum, size) => sum + size, 0));
        const noted = { sizeBytes: content.length, partSums: partSumsOf(content, parts) };
        const at = where % content.length;
        content[at] = 255 - (content[at] ?? 0);
        const [, from = 'nowhere', to] =
          /^other bytes from (\d+) to (\d+)$/.exec(differenceOf(noted, content, pieces) ?? '') ?? [];
        expect(Number(from)).toBeLessThanOrEqual(at);
        expect(Number(to)).toBeGreaterThan(at);
      }),
    );
  });

  test('is another one when bytes are missing or too many, also where their number is not known {damaged@prove}', () => {
    const content = randomBytes(1000);
    const partSums = partSumsOf(content, [600, 400]);
    expect(differenceOf({ sizeBytes: 1000, partSums }, content.subarray(0, 999), [])).toBe('999 bytes, not 1000');
    expect(differenceOf({ partSums }, content.subarray(0, 999), [])).toBe('fewer bytes than were stored');
    expect(differenceOf({ sizeBytes: 1000, partSums }, Buffer.concat([content, content]), [])).toBe(
      '2000 bytes, not 1000',
    );
  });
});

test('an archive that is known as a whole is compared as a whole, and one of which nothing is known is not', () => {
  const content = randomBytes(1000);
  expect(differenceOf({ sha1: sha1Of(content) }, content, [300])).toBeUndefined();
  expect(differenceOf({ sha1: sha1Of(content.subarray(1)) }, content, [300])).toMatch(/^the SHA-1 .*, not /);
  expect(differenceOf({}, content, [300])).toBeUndefined();
});
