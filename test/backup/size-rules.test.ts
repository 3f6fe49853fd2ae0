import { describe, expect, test } from '@jest/globals';
import { checkSize } from '../../src/backup/size-rules.ts';

const alert = { minSizeBytes: 4096, sizeTolerancePercent: 10, onSizeChange: 'alert' } as const;
const reject = { ...alert, onSizeChange: 'reject' } as const;

describe('an archive', () => {
  test('below the minimum is rejected, whatever else is allowed', () => {
    expect(() => checkSize(4095, undefined, alert, { acceptSize: true, database: 'shop' })).toThrow(
      'the archive of database shop has 4095 bytes, less than the minimum of 4096',
    );
    expect(checkSize(4096, undefined, alert, { acceptSize: false, database: 'shop' })).toBeUndefined();
  });

  test.each([
    [90_000, undefined],
    [110_000, undefined],
    [89_999, 'shrank by 10.0 %'],
    [110_001, 'grew by 10.0 %'],
    [50_000, 'shrank by 50.0 %'],
    [999_000, 'grew by 899.0 %'],
    [43_685_100, 'grew to 437 times its size'],
  ])('of %i bytes after one of 100,000 gives the warning: %s', (sizeBytes, warning) => {
    const given = checkSize(sizeBytes, { sizeBytes: 100_000 }, alert, { acceptSize: false, database: 'shop' });
    if (warning === undefined) expect(given).toBeUndefined();
    else expect(given).toContain(warning);
  });

  test('is refused for a change of size where the server asks for that, unless it is accepted', () => {
    expect(() => checkSize(89_000, { sizeBytes: 100_000 }, reject, { acceptSize: false, database: 'shop' })).toThrow(
      'shrank by 11.0 %',
    );
    expect(checkSize(89_000, { sizeBytes: 100_000 }, reject, { acceptSize: true, database: 'shop' })).toBeUndefined();
  });

  test('has nothing to be measured against the first time', () => {
    expect(checkSize(5000, undefined, reject, { acceptSize: false, database: 'shop' })).toBeUndefined();
    expect(checkSize(5000, { sizeBytes: 0 }, reject, { acceptSize: false, database: 'shop' })).toBeUndefined();
  });
});
