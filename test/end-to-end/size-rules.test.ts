import { beforeAll, describe, expect, test } from '@jest/globals';
import { add, cluster, scene, setTheScene } from './scene.ts';

setTheScene();

describe('size rules', () => {
  beforeAll(async () => {
    await cluster.createDatabase('sized');
    await cluster.sql(
      'sized',
      'create table noise as select md5(random()::text || n) as text from generate_series(1, 20000) as n',
    );
  });

  test('warn of a change, or refuse it until it is accepted {refused@judge}', async () => {
    await add({ 'connection-string': cluster.url('sized'), 'on-size-change': 'reject' });
    const [first] = await scene.account.results('--force');
    expect(first).toMatchObject({ status: 'success', warnings: [] });
    await cluster.sql('sized', 'delete from noise where ctid in (select ctid from noise limit 5000)');

    // The shrink is real, and refused as long as nobody says so: the measure stays the last good backup.
    for (let time = 0; time < 2; time += 1) {
      const [refused] = await scene.account.results('--force');
      expect(refused).toMatchObject({
        status: 'failed',
        error: expect.stringMatching(/shrank by 2\d\.\d %.*--accept-size/s),
      });
    }
    expect(scene.stored()).toHaveLength(1);
    expect(await scene.account.results('--force', '--accept-size')).toMatchObject([
      { status: 'success', warnings: [] },
    ]);
    expect(await scene.account.results('--force')).toMatchObject([{ status: 'success', warnings: [] }]);
    expect(scene.stored()).toHaveLength(3);
  });

  test('warn everywhere: log, list, ping', async () => {
    await add({ 'connection-string': cluster.url('sized') });
    await scene.account.results('--force');
    await cluster.sql('sized', 'insert into noise select md5(random()::text || n) from generate_series(1, 20000) as n');
    const warning = expect.stringMatching(/grew by \d+\.\d %/);
    expect(await scene.account.results('--force')).toMatchObject([{ status: 'success', warnings: [warning] }]);
    expect(await scene.account.json('logs', '--limit', '1')).toMatchObject([{ success: true, warnings: [warning] }]);
    expect(scene.receiver.requests.at(-1)).toMatchObject({ url: '/success', body: expect.stringMatching(/grew by/) });
    expect((await scene.account.pgbak('list')).stdout).toMatch(/warning/i);
  });
});
