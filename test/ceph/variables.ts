import type { S3Endpoint } from '../support/s3/signed-fetch.ts';

/** Variables that lead tests to a server of S3 that was started for them. */
export function cephVariables({ url, accessKeyId, secretAccessKey }: S3Endpoint): Record<string, string> {
  return {
    PGBAK_TEST_CEPH_URL: url,
    PGBAK_TEST_CEPH_KEY_ID: accessKeyId,
    PGBAK_TEST_CEPH_SECRET_KEY: secretAccessKey,
  };
}

/** Ceph's gateway, where `npm run test:ceph` has started it; undefined in the usual suite. */
export function cephEndpoint(): S3Endpoint | undefined {
  const { PGBAK_TEST_CEPH_URL: url, PGBAK_TEST_CEPH_KEY_ID: accessKeyId } = process.env;
  const secretAccessKey = process.env['PGBAK_TEST_CEPH_SECRET_KEY'];
  if (url === undefined || accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { url, region: 'us-east-1', accessKeyId, secretAccessKey };
}
