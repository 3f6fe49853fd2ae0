import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.ts';
import { endsWithThisProcess, freePort } from '../support/postgres/start-cluster.ts';
import { signedFetch, type S3Endpoint, type S3Request } from '../support/s3/signed-fetch.ts';
import { cephSettings } from './settings.ts';
import { cephPrograms } from './programs.ts';

const run = promisify(execFile);

/** Ceph's object gateway on loopback, with a user of its own. */
export interface CephGateway extends AsyncDisposable {
  version: string;
  endpoint: S3Endpoint;
}

/**
 * Starts a cluster of one monitor, one store in memory, and the gateway that speaks S3. It takes half a minute, and ends
 * with this process, however that ends.
 */
export async function startCephGateway(): Promise<CephGateway> {
  const ceph = cephPrograms();
  const directory = mkdtempSync(join(tmpdir(), 'pgbak-test-ceph-'));
  const at = (...names: string[]) => join(directory, ...names);
  const conf = at('ceph.conf');
  const running: ChildProcess[] = [];
  const [monitorPort, gatewayPort] = [await freePort(), await freePort()];
  const [clusterId, storeId] = [randomUUID(), randomUUID()];
  const monitor = `v2:127.0.0.1:${monitorPort}`;

  const words = (name: string) => [...endsWithThisProcess('KILL'), ceph.program(name)];
  const call = async (name: string, ...args: string[]) => {
    const [file = '', ...others] = words(name);
    await run(file, [...others, ...args], { env: ceph.env });
  };
  /** The keys of all parts of the cluster are in one file. */
  const addKey = (...args: string[]) => call('ceph-authtool', at('keyring'), '-g', '-n', ...args);
  const start = (name: string, ...args: string[]) => {
    const [file = '', ...others] = words(name);
    const child = spawn(file, [...others, '-c', conf, '-f', ...args], { env: ceph.env, stdio: 'ignore' });
    running.push(child);
    return child;
  };
  const isRunning = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;
  /** At once: when asked politely, they would write down a state that is thrown away. */
  const kill = () => running.forEach((child) => void child.kill('SIGKILL'));
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  const onExit = () => {
    kill();
    remove();
  };
  process.once('exit', onExit);
  const stop = async () => {
    process.removeListener('exit', onExit);
    const ends = running.filter(isRunning).map(async (child) => await once(child, 'exit'));
    kill();
    await Promise.all(ends);
    remove();
  };
  const answers = async (url: string, child: ChildProcess) => {
    if (child.exitCode !== null) throw new Error(`radosgw did not start: ${lastLines(at('client.admin.log'))}`);
    return await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
  };

  try {
    for (const folder of ['mon', 'osd', 'rgw']) mkdirSync(at(folder));
    writeFileSync(conf, cephSettings({ directory, clusterId, monitor, gatewayPort, library: ceph.library }));
    writeFileSync(at('keyring'), '');
    await addKey('mon.', '--cap', 'mon', 'allow *');
    await addKey('client.admin', ...['mon', 'osd', 'mgr'].flatMap((part) => ['--cap', part, 'allow *']));
    await addKey('osd.0', '--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *');
    await call('monmaptool', '--create', '--fsid', clusterId, '--addv', 'a', `[${monitor}]`, at('monmap'));
    await call('ceph-mon', '-c', conf, '-i', 'a', '--mkfs', '--monmap', at('monmap'), '--keyring', at('keyring'));
    start('ceph-mon', '-i', 'a');
    const python = [ceph.program('ceph'), '-c', conf, '--connect-timeout', '60', 'osd', 'new', storeId];
    await run('/usr/bin/python3', python, { env: ceph.env });
    await call('ceph-osd', '-c', conf, '-i', '0', '--mkfs', '--osd-uuid', storeId);
    start('ceph-osd', '-i', '0');
    const [accessKeyId, secretAccessKey] = [`PGBAK${randomBytes(6).toString('hex')}`, randomBytes(20).toString('hex')];
    const keys = ['--access-key', accessKeyId, '--secret-key', secretAccessKey];
    await call('radosgw-admin', '-c', conf, 'user', 'create', '--uid', 'pgbak', '--display-name', 'pgbak', ...keys);
    const gateway = start('radosgw', '-n', 'client.admin');
    const url = `http://127.0.0.1:${gatewayPort}`;
    await eventually('the gateway', () => answers(url, gateway), 120_000);
    const endpoint = { url, region: 'us-east-1', accessKeyId, secretAccessKey };
    await makePools(endpoint);
    return {
      version: ceph.version,
      endpoint,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The gateway makes its pools when it first needs them, which takes longer than a test is to wait for an answer. */
async function makePools(endpoint: S3Endpoint): Promise<void> {
  const path = '/first-of-all/object';
  const ask = async (request: S3Request) => {
    const { status, text } = await signedFetch(endpoint, request);
    if (status >= 300) throw new Error(`the gateway answers ${status}: ${text}`);
    return text;
  };
  await ask({ method: 'PUT', path: '/first-of-all' });
  await ask({ method: 'PUT', path, body: 'something' });
  const begun = await ask({ method: 'POST', path, query: { uploads: '' } });
  const uploadId = /<UploadId>(.*?)</.exec(begun)?.[1] ?? '';
  await ask({ method: 'PUT', path, query: { uploadId, partNumber: '1' }, body: 'a part' });
  await ask({ method: 'DELETE', path, query: { uploadId } });
}

function lastLines(path: string): string {
  return readFileSync(path, 'utf8').split('\n').slice(-10).join('\n');
}
