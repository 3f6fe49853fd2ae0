import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { PgbakError } from '../../src/core/errors.ts';
import { originOf, ORIGIN_WITHIN_BYTES } from '../../src/postgres/dump-toc/dump-origin.ts';
import { readToc } from '../../src/postgres/dump-toc/read-toc.ts';
import { surveyDump } from '../../src/postgres/dump-toc/survey-dump.ts';
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz-runs.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { clientPrograms } from '../support/postgres/versions.ts';
import { sevenZipOf } from '../support/seven-zip-writer.ts';

let cluster: Cluster;
let account: Account;
let sound: Buffer;
let contentsBytes: number;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
  account = newAccount();
  const words = ['-Fc', '-Z0', '--no-password', cluster.url('shop')];
  sound = execFileSync(`${clientPrograms(15)}/pg_dump`, words, { maxBuffer: 1e9 });
  contentsBytes = readToc(sound)?.sizeBytes ?? 0;
});
afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

/** At the head, or anywhere before the rows, or anywhere. */
const change = fc.record({
  within: fc.constantFrom('head', 'contents', 'dump'),
  at: fc.nat({ max: 10_000_000 }),
  kind: fc.constantFrom('byte', 'byte', 'byte', 'cut', 'remove', 'many'),
  value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat({ max: 255 })),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
const HEAD_BYTES = 16;

function changed(bytes: Buffer, { within, at, kind, value }: Change): Buffer {
  const room = { head: HEAD_BYTES, contents: contentsBytes, dump: bytes.length }[within] ?? bytes.length;
  const offset = at % Math.max(1, Math.min(room, bytes.length));
  if (kind === 'cut') return bytes.subarray(0, offset);
  if (kind === 'remove') return Buffer.concat([bytes.subarray(0, offset), bytes.subarray(offset + 1)]);
  const copy = Buffer.from(bytes);
  copy.fill(value, offset, Math.min(copy.length, offset + (kind === 'many' ? 8 : 1)));
  return copy;
}

/** What it gives, or undefined for an error of pgbak's own. */
function orRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof PgbakError)) throw error;
    expect(error.message.length).toBeLessThan(1000);
    return undefined;
  }
}

async function surveyed(dump: Buffer, pieceBytes: number): Promise<void> {
  const surveyor = surveyDump();
  const failed = new Promise<Error | undefined>((resolve) => {
    surveyor.sink.on('error', resolve);
    surveyor.sink.on('finish', () => resolve(undefined));
  });
  for (let at = 0; at < dump.length && !surveyor.sink.destroyed; at += pieceBytes) {
    surveyor.sink.write(dump.subarray(at, at + pieceBytes));
  }
  surveyor.sink.end();
  const error = await failed;
  if (error !== undefined && !(error instanceof PgbakError)) throw error;
  orRefused(() => surveyor.result());
}

test(
  'a binary dump with damage anywhere in its head and contents is read or refused {damaged@load, hostile@load}',
  async () => {
    const changes = fc.array(change, { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(changes, fc.constantFrom(999, 65_536), async (all, pieceBytes) => {
      const bad = all.reduce(changed, sound);
      orRefused(() => originOf('binary', bad.subarray(0, ORIGIN_WITHIN_BYTES)));
      const toc = orRefused(() => readToc(bad));
      if (toc !== undefined) expect(toc.sizeBytes).toBeLessThanOrEqual(bad.length);
      await surveyed(bad, pieceBytes);
    });
    expect(readToc(sound)?.entries.length).toBeGreaterThan(40);
    await fc.assert(property, fuzzRuns(300));
  },
  FUZZ_TIMEOUT_MS,
);

test(
  'in an archive that is known from storage alone, it is restored in whole, or nothing of it {damaged@load, damaged@commit}',
  async () => {
    const directory = account.folder.at('backups');
    await account.add({
      name: 'shop',
      'connection-string': cluster.url('shop'),
      format: 'binary',
      destination: `file:${directory}`,
    });
    let count = 0;
    const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), async (all) => {
      const database = `restored_${(count += 1)}`;
      await cluster.createDatabase(database);
      const second = String(count).padStart(4, '0');
      const bad = all.reduce(changed, sound);
      writeFileSync(`${directory}/shop.20261123T10${second}Z.bin.7z`, sevenZipOf([{ name: 'shop.bin', content: bad }]));
      await account.pgbak('catalog', 'rebuild', '--from', `file:${directory}`);
      const to = ['--to', cluster.url(database)];
      for (const words of [
        ['restore', 'shop', '--table', 'customer', ...to],
        ['restore', 'shop', ...to],
      ]) {
        const { status, stdout, stderr } = await account.pgbak(...words);
        expect(`${stdout}${stderr}`).not.toMatch(/bug in pgbak|unexpected error|\n {4}at /);
        const tables = await cluster.sql(database, "select count(*) from pg_tables where schemaname = 'public'");
        if (status !== 0) expect([status, tables]).toEqual([1, '0']);
        else await cluster.sql(database, 'drop schema public cascade; create schema public');
      }
    });
    await fc.assert(property, fuzzRuns(1));
  },
  FUZZ_TIMEOUT_MS,
);
