import { describe, expect, test } from '@jest/globals';
import { wrapHanging, wrapLines } from '../../src/terminal/wrap.ts';

const HINT = 'Free some space there, or choose another destination: pgbak edit shop --destination file:/other/dir';

describe('a command at the end of a line', () => {
  test.each([60, 80])('stands on a line of its own where it does not fit, so that it can be copied (%d)', (width) => {
    expect(wrapLines(HINT, width).split('\n')).toEqual([
      'Free some space there, or choose another destination:',
      'pgbak edit shop --destination file:/other/dir',
    ]);
    expect(wrapHanging(HINT, width, 11).split('\n').at(-1)?.trim()).toBe(
      'pgbak edit shop --destination file:/other/dir',
    );
  });

  test('stays where it fits on the rest of the line', () => {
    const text = 'It has been going on for a long time, and nothing has come of it so far. To begin: pgbak add';
    expect(wrapLines(text, 60).split('\n')).toEqual([
      'It has been going on for a long time, and nothing has come',
      'of it so far. To begin: pgbak add',
    ]);
  });

  test('goes on behind a backslash where it is wider than a line, and no quoted name is broken', () => {
    const command = "pgbak edit 'my own shop' --destination file:/srv/backups/of/this/host --create-destination";
    expect(wrapLines(`To make it: ${command}`, 60).split('\n')).toEqual([
      'To make it:',
      String.raw`pgbak edit 'my own shop' --destination \\`.replace('\\\\', '\\'),
      String.raw`file:/srv/backups/of/this/host --create-destination`,
    ]);
  });

  test('is broken like any other text in a narrow column, and in the middle of a text', () => {
    expect(wrapLines(HINT, 30)).not.toContain('\\');
    expect(wrapLines(`${HINT}.`, 60)).toContain('destination: pgbak');
  });
});
