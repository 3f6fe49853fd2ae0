import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { startB2Server, type B2Server } from '../support/b2-server/start.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

export let cluster: Cluster;
export let server: B2Server;
export let account: Account;

/** A small database `shop` for all tests of a file, and for each an account with a bucket of its own. */
export function setTheScene(): void {
  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.createDatabase('shop');
    await cluster.sql('shop', 'create table goods as select md5(n::text) as text from generate_series(1, 5000) as n');
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());
  beforeEach(async () => {
    server = await startB2Server();
    server.createBucket('pgbak-bucket');
    const { id, key } = server.masterKey;
    account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
  });
  afterEach(async () => {
    account[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });
}
