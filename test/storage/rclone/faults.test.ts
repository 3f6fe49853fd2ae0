import { readdirSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/core/secret.ts';
import { rcloneEnvironment } from '../../../src/storage/rclone/environment.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { rcloneRig, rcloneWrapper } from '../../support/rclone.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from '../archives.ts';

const NAME = 'shop.sql.7z';
const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal) };

describe('a remote of rclone that encrypts', () => {
  test('keeps archives although it tells no sums, and reads them back where that is wanted', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    const file = archiveFile(folder, 3_000_000);
    for (const readsBack of [false, true]) {
      const storage = rig.open({ remote: 'sealed', readsBack });
      const stored = await storage.put(NAME, file, putOptions());
      expect((await buffer(await storage.get(stored, never))).equals(file.content)).toBe(true);
    }
    expect(await listed(rig.open({ remote: 'sealed' }), NAME)).toHaveLength(2);
  });

  test('is not believed where what it reads back is another {damaged@upload}', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    const other = folder.at('other');
    writeFileSync(other, Buffer.alloc(5000));
    // What it stores has the size of the archive, but other bytes.
    const swap = `[ "$VERB" = copyto ] && { for last; do case "$last" in sealed:*) to="$last" ;; esac; done; exec "$RCLONE" copyto '${other}' "$to" --config='${rig.configFile}'; }`;
    const program = rcloneWrapper(folder, swap);
    const put = async (readsBack: boolean) =>
      await rig
        .open({ remote: 'sealed', program, readsBack, clock })
        .put(NAME, archiveFile(folder, 5000), putOptions());
    await expect(put(true)).rejects.toThrow('holds something else than the archive: something with the sha256');
    expect(await listed(rig.open({ remote: 'sealed' }), '')).toEqual([]);
  });
});

describe('an rclone', () => {
  test('that is killed midway is started again, and the archive is whole {kill@upload}', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    const kill = `[ "$VERB" = copyto ] && [ ! -e "$NOTES/killed" ] && { touch "$NOTES/killed"; "$RCLONE" "$@" --bwlimit=1M & sleep 0.5; kill -9 $!; kill -9 $$; }`;
    const storage = rig.open({ program: rcloneWrapper(folder, kill), clock });
    const file = archiveFile(folder, 3_000_000);
    const stored = await storage.put(NAME, file, putOptions());
    expect(readdirSync(folder.at('notes'))).toEqual(['killed']);
    expect((await buffer(await storage.get(stored, never))).equals(file.content)).toBe(true);
    expect(readdirSync(rig.directory)).toHaveLength(2);
  });

  test('that reports success without having done anything is not believed {damaged@upload}', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    for (const [verb, words] of [
      ['copyto', 'holds something else than the archive: nothing, though rclone reported success'],
      ['moveto', 'did not give the archive its name'],
    ] as const) {
      const program = rcloneWrapper(folder, `[ "$VERB" = ${verb} ] && exit 0`);
      await expect(rig.open({ program }).put(NAME, archiveFile(folder, 5000), putOptions())).rejects.toThrow(words);
      expect(readdirSync(rig.directory)).toEqual([]);
    }
    const stored = await rig.open().put(NAME, archiveFile(folder, 5000), putOptions());
    const program = rcloneWrapper(folder, '[ "$VERB" = deletefile ] && exit 0');
    await expect(rig.open({ program }).remove(stored, never)).rejects.toThrow('is still there, though rclone reported');
  });

  test.each([
    ['rclone v1.53.3-DEV', /is version 1\.53\.3-DEV, too old/],
    ['pgcopy 2.0', /is not rclone/],
  ])('that says it is %s is not used', async (says, message) => {
    using folder = temporaryFolder();
    const program = folder.at('old');
    writeFileSync(program, `#!/bin/sh\necho "${says}"\n`, { mode: 0o755 });
    await expect(rcloneRig(folder).open({ program }).prepare(NAME, never)).rejects.toThrow(message);
  });

  test('sees what its remotes need of the environment, and nothing that would hide files from it', () => {
    const seen = rcloneEnvironment({
      PATH: '/bin',
      RCLONE_CONFIG: '/etc/rclone.conf',
      RCLONE_CONFIG_PASS: 'open',
      RCLONE_CONFIG_NAS_TYPE: 'sftp',
      RCLONE_DRIVE_CHUNK_SIZE: '64M',
      AWS_PROFILE: 'backup',
      RCLONE_DRY_RUN: 'true',
      RCLONE_EXCLUDE: '*.7z',
      RCLONE_MAX_AGE: '1d',
      RCLONE_DUMP: 'auth',
      RCLONE_LOG_FILE: '/tmp/log',
      PGPASSWORD: 'secret',
      ARCHIVE_PASSWORD: 'secret',
    });
    expect(Object.keys(seen).toSorted()).toEqual([
      'AWS_PROFILE',
      'LC_ALL',
      'PATH',
      'RCLONE_CONFIG',
      'RCLONE_CONFIG_NAS_TYPE',
      'RCLONE_CONFIG_PASS',
      'RCLONE_DRIVE_CHUNK_SIZE',
    ]);
    expect(seen['RCLONE_CONFIG_PASS']).toBeInstanceOf(Secret);
  });

  test('whose configuration is encrypted asks no terminal for the password {secret@connect}', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    writeFileSync(rig.configFile, `# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\n${'A'.repeat(100)}\n`);
    await expect(rig.open().prepare(NAME, never)).rejects.toMatchObject({
      message: expect.stringMatching(/configuration is encrypted, and its password is missing/),
      hint: expect.stringMatching(/RCLONE_CONFIG_PASS/),
    });
  });
});
