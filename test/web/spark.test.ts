import { describe, expect, test } from '@jest/globals';
import { sparkShape } from '../../src/web/overview/spark.ts';

describe('the line of sizes', () => {
  test('has the largest size at the top, nothing at the bottom, and a cross where an attempt failed', () => {
    const { line, crosses } = sparkShape([0, 'failed', 100]);
    expect(line).toBe('3 19 81 3');
    expect(crosses).toBe('M40 16l4 4m0-4l-4 4');
  });

  test('is there for one backup as well, and not where all failed', () => {
    expect(sparkShape([50]).line).toBe('3 3 3 3');
    expect(sparkShape(['failed']).line).toBe('');
    expect(sparkShape([0]).line).toBe('3 19 3 19');
  });
});
