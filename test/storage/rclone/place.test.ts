import { expect, test } from '@jest/globals';
import { ConfigError } from '../../../src/core/errors.ts';
import { parsePlace, printPlace, whereNext, whereOf } from '../../../src/storage/place.ts';

test.each([
  ['rclone:nas:', 'rclone:nas:', 'rclone:nas:shop.<time>.sql.7z'],
  ['rclone:nas:a b//c/', 'rclone:nas:a b/c', 'rclone:nas:a b/c/shop.<time>.sql.7z'],
  ['rclone:my nas_1.x:/srv', 'rclone:my nas_1.x:/srv', 'rclone:my nas_1.x:/srv/shop.<time>.sql.7z'],
  ['rclone:nas:/', 'rclone:nas:/', 'rclone:nas:/shop.<time>.sql.7z'],
  ['rclone:nas:a:b', 'rclone:nas:a:b', 'rclone:nas:a:b/shop.<time>.sql.7z'],
])('the place %s is %s', (text, printed, next) => {
  const place = printPlace(parsePlace(text));
  expect(place).toBe(printed);
  expect(printPlace(parsePlace(place))).toBe(place);
  expect(whereNext(place, 'shop.sql.7z')).toBe(next);
  expect(whereOf({ place, objectName: 'shop.sql.7z', objectId: 'shop.x.sql.7z' })).toBe(next.replace('<time>', 'x'));
});

test.each([
  'rclone:',
  'rclone:nas',
  'rclone::sftp,host=h,pass=geheim:x',
  'rclone:nas,pass=geheim:x',
  'rclone:-o:x',
  'rclone: nas:x',
  'rclone:nas :x',
  'rclone:nas:../x',
  'rclone:nas:a\nb',
])('%j is refused and not repeated', (text) => {
  expect(() => parsePlace(text)).toThrow(ConfigError);
  expect(() => parsePlace(text)).toThrow(
    /^the destination after rclone: must be a remote of rclone and a path there, without "\.\."$/,
  );
});
