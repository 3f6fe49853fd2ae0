import { describe, expect, test } from '@jest/globals';
import type { ServerStatus } from '../../src/monitor/status.ts';
import { BACKUP_COLUMNS } from '../../src/terminal/backup-table.ts';
import { OUTCOME_COLUMNS } from '../../src/terminal/run-summary.ts';
import { SERVER_COLUMNS } from '../../src/terminal/server-table.ts';
import { renderTable } from '../../src/terminal/table.ts';
import {
  longReasons,
  PRUNE_COLUMNS,
  REBUILD_COLUMNS,
  RESTORE_POINT_COLUMNS,
  STATUS_COLUMNS,
  statusCells,
  VERIFICATION_COLUMNS,
} from '../../src/terminal/tables.ts';

const PATH = '/srv/backups/production/web/blog.20261123T101500Z.sql.7z';
const REASON =
  'the last attempt failed: db.example refuses the connection of role backup: password authentication failed';
const TABLES = {
  list: {
    columns: SERVER_COLUMNS,
    rows: [
      [
        'web-production',
        'backup@db.example:5432/blog',
        '24 h',
        '12 minutes ago',
        'success with a warning',
        '▁▂▃▄▅▆▇█',
        'never',
        'yes (environment)',
        'file:/srv/backups/production',
      ],
      [
        'größe 漢字',
        'env:SHOP_URL',
        '168 h',
        'never',
        'failed',
        '',
        '23 hours ago',
        'no',
        'b2:my-bucket (environment)',
      ],
    ],
  },
  logs: {
    columns: BACKUP_COLUMNS,
    rows: [
      [
        '17',
        'web-production',
        '12 minutes ago',
        '4 min 3 s',
        '277.3 MB',
        'success, warning: the archive shrank by 12.0 %',
      ],
      ['1016', 'shop', 'in 3 hours (clock?)', '850 ms', '', `failed: ${REASON}`],
    ],
  },
  run: {
    columns: OUTCOME_COLUMNS,
    rows: [
      ['web-production', 'success, 1 warning', '277.3 MB', '4 min 3 s', ''],
      ['shop', 'skipped', '', '', 'due in 23 h (tomorrow 16:55). To back it up now: --force'],
    ],
  },
  backups: {
    columns: RESTORE_POINT_COLUMNS,
    rows: [
      ['1017', 'web-production', '12 minutes ago', '277.3 MB', 'binary', 'of another catalogue', PATH],
      ['', 'shop', 'just now', '999.9 kB', 'sql', 'present', 'b2:my-bucket/shop.sql.7z'],
    ],
  },
  status: {
    columns: STATUS_COLUMNS,
    rows: [['web-production', 'FAILING', '12 minutes ago', '277.3 MB', '23 hours ago', REASON]],
  },
  verify: {
    columns: VERIFICATION_COLUMNS,
    rows: [
      [
        'web-production',
        '1017',
        'b2:my-bucket',
        'unknown',
        `the archive ${PATH} cannot be opened without its password`,
      ],
    ],
  },
  prune: {
    columns: PRUNE_COLUMNS,
    rows: [
      ['web-production', '1017', 'b2:my-bucket', '12 minutes ago', '277.3 MB', 'to be removed', 'no rule keeps it'],
    ],
  },
  rebuild: {
    columns: REBUILD_COLUMNS,
    rows: [['web-production', 'production/web/blog', 'known', '1017']],
  },
};

describe.each([40, 60, 80, 120, 200])('on a terminal of %i columns', (width) => {
  test.each(Object.entries(TABLES))('the table of %s fits, and no word of it is broken', (_name, { columns, rows }) => {
    const drawn = renderTable(columns, rows, width);
    for (const line of drawn.split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(width);
    // Columns may be left out; a word that begins stands there as a whole.
    const words = new Set(
      [...columns.map(({ title }) => title), ...rows.flat()]
        .flatMap((text) => text.split(/\s+/))
        .filter((word) => word !== ''),
    );
    const paths = [...words].filter((word) => word.includes('/'));
    for (const word of drawn.split(/\s+/).filter((found) => found !== '')) {
      if (!words.has(word)) expect(paths.filter((path) => path.includes(word))).not.toEqual([]);
    }
  });
});

test('where not even its columns fit, a row is a block of lines that says all of it', () => {
  expect(renderTable(STATUS_COLUMNS, TABLES.status.rows, 40)).toBe(
    [
      'server            web-production',
      'state             FAILING',
      'last good backup  12 minutes ago',
      'size              277.3 MB',
      'last verified     23 hours ago',
      'why               the last attempt',
      '                  failed: db.example',
      '                  refuses the connection',
      '                  of role backup:',
      '                  password',
      '                  authentication failed',
    ].join('\n'),
  );
});

test('a long reason is cut in the table of status, and stands below it as a whole', () => {
  const rest = 'Is its disk mounted? Everything that follows here is too much for a column of a table.';
  const lastAttempt = {
    backupId: 5,
    serverName: 'pw',
    startedAt: new Date(),
    result: 'failed' as const,
    warnings: [],
    hasGlobals: false,
  };
  const status = (reason: string): ServerStatus => ({
    serverId: 1,
    name: 'pw',
    state: 'FAILING',
    reason,
    frequencyHours: 24,
    lastGood: undefined,
    lastAttempt,
    lastVerified: undefined,
    foundBad: undefined,
    misplaced: undefined,
    places: [],
  });
  const why = (reason: string) => statusCells(status(reason), new Date(), true).at(-1);
  expect(why('the directory is gone')).toBe('the directory is gone');
  expect(longReasons([status('the directory is gone')])).toEqual([]);
  expect(why(`the directory is gone. ${rest}`)).toBe('the directory is gone.');
  expect(longReasons([status(`the directory is gone. ${rest}`)])).toEqual([
    `pw: the directory is gone. ${rest}\nMore: pgbak logs --id 5`,
  ]);
  expect(why(`${REASON}, ${REASON}`)).toBe(`${REASON.slice(0, REASON.indexOf(' failed', 20))} ...`);
});

/** East Asian characters take two columns. */
const columnsOf = (line: string) => line.length + (line.match(/\p{Script=Han}/gu) ?? []).length;
