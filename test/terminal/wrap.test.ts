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

describe('a sentence that begins with a flag', () => {
  test.each([
    'pgbak: --at 1 hour ago is neither "latest", nor the id of a backup, nor a time',
    'Mind: --exclude-table nosuch matches nothing, so it leaves nothing out. Put a name in double quotes',
    'pgbak: --keep-last takes whole backups, such as 7, and no text that only looks like one',
    'pgbak: --frequency-hrs 30m is no number of whole hours, such as 6, and no text such as 6h',
    'pgbak: schedule: --install crom is not known here, and the known ones are cron and systemd',
    'pgbak: pgbak starts the next backup of that server when the one that is under way has ended',
  ])('is wrapped like any other: %s', (sentence) => {
    const lines = wrapLines(sentence, 60).split('\n');
    expect(lines.join(' ')).toBe(sentence);
    expect(lines[0]?.length).toBeGreaterThan(40);
  });

  test('is none where only flags and their values follow', () => {
    const text =
      "To make another database of that name, with all that is in the dump, and of its owner: --create --to 'x y' --maintenance-db template1 --yes";
    expect(wrapLines(text, 60).split('\n').at(-1)).toBe("--create --to 'x y' --maintenance-db template1 --yes");
  });
});
