import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { sevenZipThat } from '../support/seven-zip-wrapper.ts';
import { slowPgDump } from '../support/slow-programs.ts';
import { CAN_MOUNT, mountSmallDisk, remountReadOnly } from '../support/small-disk.ts';
import { add, cluster, scene, setTheScene } from './scene.ts';

setTheScene(async (started) => {
  await started.createDatabase('shop');
  await started.sql('shop', 'create table goods as select md5(n::text) as text from generate_series(1, 5000) as n');
});

/** Shell that packs as 7-Zip does, and then does something to the archive. */
const afterwards = (shell: string) => `"$real" "$@"; code=$?; ${shell}; exit $code`;

describe('nothing is stored, and everybody hears why, where 7-Zip', () => {
  test.each<[string, string, RegExp]>([
    [
      'has no memory {refused@compress}',
      'echo "ERROR: Cannot allocate required memory" >&2; exit 8',
      /required memory/,
    ],
    ['is something else {replaced@compress}', 'exit 0', /7-Zip/],
    [
      'repeats the password, which is hidden {hostile@compress}',
      'printf "Enter password (will not be echoed):"; read -r word; echo; echo "ERROR: not $word" >&2; exit 2',
      /\[hidden: it holds a secret\]/,
    ],
    [
      'writes half an archive and says that all is well {damaged@compress, damaged@judge}',
      afterwards('truncate -s 3000 "$archive"'),
      /damaged|cannot be (read|opened)|is no archive|Unexpected end/i,
    ],
    [
      'writes an archive whose last byte is another {damaged@judge}',
      afterwards(
        'size=$(stat -c %s "$archive"); printf X | dd of="$archive" bs=1 seek=$((size - 1)) conv=notrunc status=none',
      ),
      /damaged|cannot be (read|opened)|password/i,
    ],
    ['writes no archive {gone@judge}', afterwards('rm "$archive"'), /another program removed the archive/],
    [
      'writes what is no dump {replaced@judge}',
      afterwards('rm "$archive"; "$real" a "$archive" /etc/hostname >/dev/null'),
      /the new archive holds hostname instead of shop\.sql/,
    ],
  ])('%s', async (_name, shell, message) => {
    await add();
    const error = await scene.failure({ PGBAK_7Z: await sevenZipThat(scene.account.folder, 'a', shell) });
    expect(error).toMatch(message);
    expect(error).not.toMatch(/bug in pgbak|archive secret/);
  });

  (CAN_MOUNT ? test : test.skip)('may not write where archives are built {denied@compress}', async () => {
    await add();
    using disk = mountSmallDisk(scene.account.folder.at('read-only disk'), 1_000_000);
    remountReadOnly(disk.path);
    expect(await scene.failure({ PGBAK_TMPDIR: disk.path })).toMatch(/read-only disk.*read-only|read-only/);
  });
});

describe('nothing is stored, and everybody hears why, where pg_dump', () => {
  /** The program that pgbak takes for pg_dump, after a piece of shell. */
  const pgDumpAfter = (shell: string): string => {
    const directory = slowPgDump(scene.account.folder, 0);
    execFileSync('sed', ['-i', `s|^case .*|&\\n${shell}|`, `${directory}/pg_dump`]);
    return directory;
  };

  test('is another program by now {replaced@dump, replaced@judge}', async () => {
    await add();
    const PGBAK_PG_BIN = pgDumpAfter('seq 1 20000; exit 0');
    expect(await scene.failure({ PGBAK_PG_BIN })).toMatch(/does not begin like a dump/);
  });

  test('is refused, since the password was changed a moment ago {secret@dump}', async () => {
    await cluster.sql('shop', "create role clerk login password 'before'; grant select on goods to clerk");
    await add({ 'connection-string': cluster.url('shop', { user: 'clerk', password: 'before' }) });
    const change = scene.account.folder.at('change.sql');
    writeFileSync(change, "alter role clerk password 'after'");
    const PGBAK_PG_BIN = pgDumpAfter(
      `PGPASSWORD= psql -q '${cluster.url('shop').replaceAll('&', '\\&')}' -f '${change}'`,
    );
    const error = await scene.failure({ PGBAK_PG_BIN });
    expect(error).toMatch(/password authentication failed/);
    expect(error).not.toContain('before');
  });

  test.each<[string, (path: string) => void, RegExp]>([
    [
      'finds a page of a table damaged {damaged@dump}',
      (path) => writeFileSync(path, Buffer.alloc(8192, 0x5a)),
      /invalid page/,
    ],
    ['finds the file of a table missing {gone@dump}', (path) => rmSync(path), /could not open file/],
  ])('%s', async (_name, harm, message) => {
    const name = `harmed_${message.source.length}`;
    await cluster.createDatabase(name);
    const relation = await cluster.sql(
      name,
      `create table precious as select n from generate_series(1, 100) as n; checkpoint;
       select current_setting('data_directory') || '/' || pg_relation_filepath('precious')`,
    );
    await cluster.stop();
    harm(relation.split('\n').at(-1) ?? '');
    await cluster.start();
    await add({ 'connection-string': cluster.url(name) });
    expect(await scene.failure()).toMatch(message);
  });
});
