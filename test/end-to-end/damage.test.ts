import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { startB2Server } from '../support/b2-server/start.ts';
import { newAccount } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

test('a download that is cut at random places is resumed, and the whole dump comes back {lost@fetch}', async () => {
  await using server = await startB2Server();
  server.createBucket('pgbak-bucket');
  const { id, key } = server.masterKey;
  using account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), 'archive-password': 'a secret' });
  const [made] = await account.results();
  const sizeBytes = made?.size ?? 0;
  expect(sizeBytes).toBeGreaterThan(50_000);
  const whole = account.folder.at('whole');
  await account.pgbak('restore', 'shop', '--output', whole);

  let count = 0;
  const cuts = fc.array(fc.integer({ min: 0, max: sizeBytes - 1 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      server.faults.clear();
      for (const afterBytes of places) {
        server.faults.add({ endpoint: 'b2_download', action: { kind: 'truncate', afterBytes } });
      }
      const file = account.folder.at(`cut-${(count += 1)}`);
      const { status, stderr } = await account.pgbak('restore', 'shop', '--output', file);
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(readFileSync(file).equals(readFileSync(whole))).toBe(true);
    }),
    { numRuns: 6 },
  );

  server.faults.clear();
  server.faults.add({ endpoint: 'b2_download', action: { kind: 'corrupt' }, times: 99 });
  expect(await account.pgbak('restore', 'shop', '--output', account.folder.at('never'))).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/is not the archive that was stored|SHA-1/),
  });
});
