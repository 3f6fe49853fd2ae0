import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newAccount } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { startS3Proxy } from '../support/s3-proxy.ts';
import { startS3Server } from '../support/s3-server/start.ts';

const BUCKET = 'my-backups';
const PLACE = `s3:${BUCKET}/production`;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

test.each([['with versions', 'Enabled'] as const, ['without', undefined] as const])(
  'a server is backed up to a bucket %s, verified, restored and pruned',
  async (_what, versioning) => {
    using account = newAccount();
    await using service = await startS3Server({ bucket: BUCKET, versioning });
    Object.assign(account.env, {
      AWS_ENDPOINT_URL_S3: service.url,
      AWS_ACCESS_KEY_ID: service.accessKeyId,
      AWS_SECRET_ACCESS_KEY: 'not-to-be-seen',
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    const archives = () => service.bucket.versions.filter(({ key }) => key.startsWith('production/shop.'));

    const added = await account.add({
      name: 'shop',
      'connection-string': cluster.url('shop'),
      destination: PLACE,
      'archive-password': 'a long one',
      'keep-last': 2,
    });
    expect(added).toMatchObject({ status: 0 });
    for (const _ of [1, 2, 3]) expect(await account.results('--force')).toMatchObject([{ status: 'success' }]);
    expect(archives()).toHaveLength(3);
    expect(service.bucket.uploads).toEqual([]);

    const backups = (await account.pgbak('backups', 'shop')).stdout;
    expect(backups.match(/present +s3:my-backups/g)).toHaveLength(3);
    const remote = (await account.pgbak('backups', '--remote', '--from', PLACE)).stdout;
    expect(remote.match(/present +s3:my-backups/g)).toHaveLength(3);
    const scratch = ['--level', 'restore', '--scratch-url', cluster.url('postgres')];
    expect(await account.pgbak('verify', 'shop', ...scratch)).toMatchObject({ status: 0 });
    const file = account.folder.at('shop.sql');
    expect(await account.pgbak('restore', 'shop', '--output', file)).toMatchObject({ status: 0 });

    expect(await account.pgbak('prune', 'shop')).toMatchObject({ status: 0 });
    expect(archives()).toHaveLength(2);
    // So many are asked about at once that Node would warn of a leak.
    const [model] = archives();
    if (model === undefined) throw new Error('nothing is left');
    const { key, content, headers, ...sums } = model;
    for (let n = 10; n < 30; n += 1) service.bucket.store(key.replace('shop', `shop${n}`), content, headers, sums);
    const many = await account.pgbak('backups', '--remote', '--from', PLACE);
    expect(many.stdout.split('\n').length).toBeGreaterThan(20);
    expect(many.stderr).not.toContain('Warning');
    const doctor = await account.pgbak('doctor', 'shop', '--probe-write');
    expect(doctor.stdout).toContain(`${PLACE} took a small file, and nothing of it is left`);
    expect(doctor.stdout + doctor.stderr).not.toMatch(/not-to-be-seen|AWS SDK/);
    expect(service.bucket.uploads).toEqual([]);
  },
);

test('each mistake with S3 is told in words, with what to do', async () => {
  using account = newAccount();
  await using service = await startS3Server({ bucket: BUCKET });
  await using proxy = await startS3Proxy(service.url);
  const flags = { name: 'shop', 'connection-string': cluster.url('shop') };
  Object.assign(account.env, {
    AWS_ENDPOINT_URL_S3: proxy.url,
    AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN',
    AWS_SECRET_ACCESS_KEY: 'not-to-be-seen',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  const told = async (destination: string) => {
    const { status, stderr } = await account.add({ ...flags, destination });
    expect(status).toBeGreaterThan(0);
    expect(stderr).not.toMatch(/not-to-be-seen|NodeVersionSupport|\bat /);
    return stderr;
  };
  expect(await told('s3:')).toContain('--destination s3:my-backups');
  expect(await told(PLACE)).toMatch(/does not know the access key id[^]*AWS_ACCESS_KEY_ID/);

  account.env['AWS_ACCESS_KEY_ID'] = service.accessKeyId;
  expect(await told('s3:another-bucket')).toMatch(/no such bucket/);
  const refusals: [number, string, string, RegExp][] = [
    [403, 'SignatureDoesNotMatch', '', /secret access key is wrong/],
    [403, 'RequestTimeTooSkewed', '', /clock of this machine is wrong[^]*set-ntp/],
    [400, 'ExpiredToken', '', /credentials have expired[^]*aws sso login/],
    [400, 'AuthorizationHeaderMalformed', '<Region>us-east-1</Region>', /in another region/],
  ];
  for (const [status, code, more, words] of refusals) {
    for (const on of ['GET ?versioning', 'GET ?list-type']) {
      proxy.faults.push({ on, times: 99, fault: { kind: 'refuse', status, code, more } });
    }
    expect(await told(PLACE)).toMatch(words);
    proxy.faults.splice(0);
  }

  // AWS names the region of the bucket, and all goes on there.
  const headers = { 'x-amz-bucket-region': 'eu-central-1' };
  const redirect = { kind: 'refuse', status: 301, code: 'PermanentRedirect', headers } as const;
  proxy.faults.push({ on: 'GET ?versioning', fault: redirect });
  expect(await account.add({ ...flags, destination: PLACE })).toMatchObject({ status: 0 });
  expect(proxy.requests.at(-1)?.headers.authorization).toContain('/eu-central-1/s3/');

  delete account.env['AWS_ACCESS_KEY_ID'];
  const nothing = await account.results('--force');
  expect(JSON.stringify(nothing)).toContain('no AWS credentials were found');
});
