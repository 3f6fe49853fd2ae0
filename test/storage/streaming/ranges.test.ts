import { describe, expect, test } from '@jest/globals';
import { array, assert, integer, nat, property, record } from 'fast-check';
import { common, joined, without, type Range } from '../../../src/storage/streaming/ranges.ts';

const range = record({ startByte: nat(60), sizeBytes: integer({ min: 1, max: 20 }) });
const ranges = array(range, { maxLength: 8 });
const bytesIn = (list: readonly Range[]) =>
  new Set(list.flatMap(({ startByte, sizeBytes }) => Array.from({ length: sizeBytes }, (_, n) => startByte + n)));
const sorted = (bytes: Iterable<number>) => [...bytes].toSorted((a, b) => a - b);

describe('ranges of a file are counted as its bytes are', () => {
  test('joined', () => {
    assert(
      property(ranges, (list) => {
        const result = joined(list);
        expect(sorted(bytesIn(result))).toEqual(sorted(bytesIn(list)));
        // None touches the next one.
        result.slice(1).forEach(({ startByte }, n) => {
          const before = result[n];
          expect(startByte).toBeGreaterThan((before?.startByte ?? 0) + (before?.sizeBytes ?? 0));
        });
      }),
    );
  });

  test('in both, and in the first alone', () => {
    assert(
      property(ranges, ranges, (some, others) => {
        const [first, second] = [bytesIn(some), bytesIn(others)];
        const both = sorted(first).filter((byte) => second.has(byte));
        const alone = sorted(first).filter((byte) => !second.has(byte));
        expect(sorted(bytesIn(common(joined(some), joined(others))))).toEqual(both);
        expect(sorted(bytesIn(without(joined(some), joined(others))))).toEqual(alone);
      }),
    );
  });
});
