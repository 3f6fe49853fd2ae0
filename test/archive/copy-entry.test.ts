import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { copyEntry } from '../../src/archive/copy-entry.ts';
import { listArchive } from '../../src/archive/list-archive.ts';
import { Secret } from '../../src/core/secret.ts';
import { ProgramError } from '../../src/core/errors.ts';
import { installedSevenZip, plainEnvironment } from '../support/seven-zip.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const DUMP = `--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE t (n int);\n${'INSERT INTO t VALUES (1);\n'.repeat(20)}\n--\n-- PostgreSQL database dump complete\n--\n\n`;

describe.each([undefined, 'secret'])('an archive with the password %s', (password) => {
  test('is copied, and with any of its bytes changed never passes for whole {damaged@load}', async () => {
    using folder = temporaryFolder();
    const sevenZip = await installedSevenZip();
    writeFileSync(folder.at('shop.sql'), DUMP);
    const archivePath = folder.at('shop.7z');
    const options = password === undefined ? [] : [`-p${password}`, '-mhe=on'];
    execFileSync(sevenZip.file, ['a', ...options, archivePath, folder.at('shop.sql')], { stdio: 'pipe' });
    const copy = async (): Promise<string> => {
      const chunks: Buffer[] = [];
      const sink = new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          chunks.push(chunk);
          done();
        },
      });
      await copyEntry(
        {
          sevenZip,
          environment: plainEnvironment,
          archivePath,
          entryName: 'shop.sql',
          ...(password === undefined ? {} : { password: new Secret(password) }),
          signal: new AbortController().signal,
        },
        'sql',
        sink,
      );
      return Buffer.concat(chunks).toString();
    };
    expect(await copy()).toBe(DUMP);

    const good = readFileSync(archivePath);
    const accepted: number[] = [];
    for (let at = 0; at < good.length; at += 10) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(at) ^ 0xff, at);
      writeFileSync(archivePath, bad);
      // Some bytes hold nothing but a version or a date; what comes out is the same dump or a refusal.
      const text = await copy().catch(() => undefined);
      if (text !== undefined && text !== DUMP) accepted.push(at);
    }
    expect(accepted).toEqual([]);
  });
});

test('a 7-Zip that the kernel ends proves nothing of the archive {kill@prove, kill@load}', async () => {
  using folder = temporaryFolder();
  writeFileSync(folder.at('7z'), '#!/bin/sh\nkill -9 $$\n', { mode: 0o755 });
  const location = {
    sevenZip: { ...(await installedSevenZip()), file: folder.at('7z') },
    environment: plainEnvironment,
    archivePath: folder.at('shop.7z'),
    entryName: 'shop.sql',
    signal: new AbortController().signal,
  };
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const looks = await Promise.allSettled([copyEntry(location, 'sql', nowhere), listArchive(location)]);
  const failures = looks.map((look): unknown => (look.status === 'rejected' ? look.reason : look.value));
  expect(failures).toEqual([expect.any(ProgramError), expect.any(ProgramError)]);
  expect(failures.map(String).join()).toMatch(/killed by SIGKILL.*killed by SIGKILL/s);
});
