import { describe, expect, jest, test } from '@jest/globals';
import Table from 'cli-table3';
import { renderTable } from '../../src/terminal/table.ts';

const COLUMNS = [
  { title: 'name', shrinksTo: 6 },
  { title: 'sizes', droppedAs: 1 },
  { title: 'what happened', shrinksTo: 10 },
];
const ROWS = [
  ['shop', '▁▄█', 'it went well in the end'],
  ['größe 漢字', '█', 'two\nlines'],
];

describe('a table', () => {
  test('takes the room it needs where nothing limits it', () => {
    expect(renderTable(COLUMNS, ROWS)).toBe(
      [
        'name        sizes  what happened',
        'shop        ▁▄█    it went well in the end',
        'größe 漢字  █      two',
        '                   lines',
      ].join('\n'),
    );
  });

  test('wraps between words, and leaves columns out, where a terminal is narrow', () => {
    expect(renderTable(COLUMNS, ROWS, 30)).toBe(
      [
        'name        sizes  what',
        '                   happened',
        'shop        ▁▄█    it went',
        '                   well in the',
        '                   end',
        'größe 漢字  █      two',
        '                   lines',
      ].join('\n'),
    );
    expect(renderTable(COLUMNS, ROWS, 20).split('\n')[0]).toBe('name      what');
  });

  test('breaks a path after a slash, so that its names stay whole where they fit', () => {
    const columns = [{ title: 'name' }, { title: 'stored as', isName: true, shrinksTo: 10 }];
    const rows = [['shop', '/tmp/backups/dest1/shop.20261123T101500Z.sql.7z']];
    expect(renderTable(columns, rows, 38)).toBe(
      ['name  stored as', 'shop  /tmp/backups/dest1/', '      shop.20261123T101500Z.sql.7z'].join('\n'),
    );
    expect(renderTable(columns, rows, 20).split('\n').slice(1)).toEqual([
      'shop  /tmp/backups/',
      '      dest1/',
      '      shop.',
      '      20261123T10150',
      '      0Z.',
      '      sql.7z',
    ]);
  });

  test('breaks an overlong name after its hyphens, so that its words stay whole', () => {
    const columns = [
      { title: 'server', isName: true, shrinksTo: 8 },
      { title: 'because', shrinksTo: 15 },
    ];
    const rows = [['blog-production-eu-central', 'daily, newest good, newest verified']];
    expect(renderTable(columns, rows, 32).split('\n').slice(1)).toEqual([
      'blog-            daily, newest',
      'production-eu-   good, newest',
      'central          verified',
    ]);
  });

  test('is drawn by cli-table3', () => {
    const draw = jest.spyOn(Table.prototype, 'toString');
    renderTable(COLUMNS, ROWS);
    expect(draw).toHaveBeenCalledTimes(1);
    draw.mockRestore();
  });

  test('looks the same when it is long', () => {
    const many = Array.from({ length: 100 }, () => ROWS).flat();
    const long = renderTable(COLUMNS, many).split('\n');
    const short = renderTable(COLUMNS, ROWS).split('\n');
    expect(long.slice(0, short.length)).toEqual(short);
  });
});
