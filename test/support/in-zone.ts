import { execFileSync } from 'node:child_process';

/**
 * The JSON that a script prints in a process of that time zone: in a test of Jest, `TZ` has no effect. The script may import
 * from `./src`.
 */
export function inZone(zone: string, script: string): unknown {
  const args = ['--import', './test/support/run-typescript.mjs', '--input-type=module', '-e', script];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, TZ: zone } }));
}
