// `npm run demo`: prepares the machine, then shows pgbak at work.
import { spawnSync } from 'node:child_process';
import { FOR_DEMO, prepare, ROOT } from '../setup/prepare.mjs';

await prepare(FOR_DEMO);
const args = ['--import', './test/support/run-typescript.mjs', 'test/demo/show.ts'];
const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
process.exitCode = status ?? 1;
