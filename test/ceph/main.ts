import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startCephGateway } from './cluster.ts';
import { cephVariables } from './variables.ts';

// `npm run test:ceph [-- FILES]`: runs the tests of S3 against Ceph's gateway, set up for them out of Debian's packages.
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TESTS = ['test/ceph', 'test/storage/contract/s3-ceph'];
const args = process.argv.slice(2);

// Nothing is left of a cluster that is interrupted while it is set up.
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
await using gateway = await startCephGateway();
process.stdout.write(`Ceph ${gateway.version} listens on ${gateway.endpoint.url}\n`);
const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = ['node_modules/jest/bin/jest.js', '-w', '1', ...(args.length === 0 ? TESTS : args)];
const child = spawn(process.execPath, [...node, '--import', './test/setup/keep-sqlite.mjs', ...jest], {
  cwd: ROOT,
  env: { ...process.env, ...cephVariables(gateway.endpoint) },
  stdio: 'inherit',
});
process.once('exit', () => void child.kill());
const [status] = await once(child, 'exit');
process.exitCode = typeof status === 'number' ? status : 1;
