import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { afterDeletion } from '../../src/retention/what-stays.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What removes the archives `shop` of a place, as it is told. */
function removalIn(place: string): string | undefined {
  const lines = afterDeletion([{ place, objectName: 'shop.sql.7z', count: 2 }]);
  return lines.map((line) => /^To remove them for good: (.*)$/.exec(line)?.[1]).find((one) => one !== undefined);
}

const ARCHIVES = [
  'shop.20261123T101500Z.sql.7z',
  'shop.20261123T101500Z.sql.7z.sha256',
  'shop.20261124T101500Z.sql.7z',
];
const OTHERS = ['shop.eu.20261123T101500Z.sql.7z', 'shopping.20261123T101500Z.sql.7z', 'shop.sql'];

describe('the archives of a deleted server are removed by the command that is told', () => {
  test.each(['file', 'rclone'])('%s', (kind) => {
    using folder = temporaryFolder();
    const path = folder.at('backups');
    mkdirSync(path);
    for (const name of [...ARCHIVES, ...OTHERS]) writeFileSync(`${path}/${name}`, 'x');
    const place = kind === 'file' ? `file:${path}` : `rclone:here:${path}`;
    const env = { ...process.env, RCLONE_CONFIG_HERE_TYPE: 'local' };
    execFileSync('sh', ['-c', removalIn(place) ?? 'false'], { env, stdio: 'pipe' });
    expect(readdirSync(path).toSorted()).toEqual(OTHERS.toSorted());
  });

  test('in a bucket of B2, by its own program; of S3 none is told', () => {
    expect(removalIn('b2:bucket/pg')).toBe('b2 rm --versions b2://bucket/pg/shop.sql.7z');
    expect(removalIn('s3:bucket')).toBeUndefined();
  });
});
