import { describe, expect, test } from '@jest/globals';
import { entryNameOf, objectNameOf, parseArchiveName } from '../../src/server/names.ts';
import { ConfigError } from '../../src/core/errors.ts';

describe('an archive name', () => {
  test.each(['shop', 'production/shop', 'Kunden-Übersicht 2', 'a.b/c..d', '-x'])('may be "%s"', (name) => {
    expect(parseArchiveName(name)).toBe(name);
  });

  test.each([
    ['', 'is empty'],
    ['/etc/cron.d/x', 'begins with a slash'],
    ['a//b', 'empty part'],
    ['a/', 'empty part'],
    ['../up', '".."'],
    ['a/../../b', '".."'],
    ['./a', '"."'],
    ['a\u0000b', 'control character'],
    ['a\nb', 'control character'],
    ['a\\b', 'backslash'],
    ['x'.repeat(201), 'longer than 200 bytes'],
    [Array.from({ length: 10 }, () => 'y'.repeat(100)).join('/'), 'longer than 900 bytes'],
  ])('may not be "%s"', (name, reason) => {
    expect(() => parseArchiveName(name)).toThrow(ConfigError);
    expect(() => parseArchiveName(name)).toThrow(reason);
  });

  test('gives the stored object and the dump inside it names that tell which program opens them', () => {
    expect(objectNameOf('production/shop', 'sql')).toBe('production/shop.sql.7z');
    expect(objectNameOf('production/shop', 'binary')).toBe('production/shop.bin.7z');
    expect(entryNameOf('production/shop', 'sql', 'lzma2')).toBe('shop.sql');
    expect(entryNameOf('shop', 'binary', 'none')).toBe('shop.bin');
    expect(entryNameOf('shop', 'sql', 'zstd')).toBe('shop.sql.zst');
  });
});
