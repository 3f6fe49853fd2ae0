import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { crontabLine } from '../../src/schedule/crontab.ts';
import { thisInstallation } from '../../src/schedule/installation.ts';

/** What cron gives to the shell of a line: up to the first bare percent sign, the others without their backslashes. */
function commandOf(line: string): string {
  const [command = ''] = line.split(/(?<!\\)%/, 1);
  return command.replace(/^(\S+ ){5}/, '').replaceAll(String.raw`\%`, '%');
}

test('a percent sign in a path gets through cron', () => {
  const paths = { node: '/bin/echo', program: '/srv/100%/run.js', environmentFile: '/srv/50%/env' };
  const command = commandOf(crontabLine({ ...thisInstallation(process.env), ...paths }));
  expect(command).toContain(paths.environmentFile);
  const { status, stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '/srv/100%/run.js run --quiet\n' });
});
