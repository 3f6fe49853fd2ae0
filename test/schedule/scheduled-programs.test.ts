import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { missingPrograms } from '../../src/schedule/scheduled-programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HOURLY = '10 * * * *';

test.each([
  ['pgbak run', ['pgbak']],
  ['/opt/old/node /gone/pgbak/bin/run.js run --quiet', ['/opt/old/node', '/gone/pgbak/bin/run.js']],
  ['cd /srv && pgbak run', ['pgbak']],
  ['nice -n 10 /gone/pgbak run', ['/gone/pgbak']],
  ['sudo -u postgres /gone/pgbak run', ['/gone/pgbak']],
  // Where these look for it is not known here; they themselves can be missing.
  ['npx pgbak run', []],
  ['npx --yes pgbak@latest run --quiet', []],
  ['pnpx pgbak run', ['pnpx']],
  ['docker exec app pgbak run', ['docker']],
  ['docker exec app /usr/bin/pgbak run', ['docker']],
  ['ssh db1 pgbak run', ['ssh']],
  ["su - postgres -c 'pgbak run'", []],
])('of a crontab with %s, what is not there is %j', async (command, missing) => {
  using folder = temporaryFolder();
  mkdirSync(folder.at('bin'));
  writeFileSync(folder.at('bin', 'npx'), '');
  expect(await missingPrograms(`PATH=${folder.at('bin')}\n${HOURLY} ${command}\n`)).toEqual(missing);
});

test('of a unit, a launcher that is not there is told without what systemd writes before it', async () => {
  expect(await missingPrograms('ExecStart=-/gone/npx pgbak run --quiet')).toEqual(['/gone/npx']);
  expect(await missingPrograms('ExecStart=/gone/docker exec app pgbak run')).toEqual(['/gone/docker']);
});
