import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { rcloneRig, rcloneWrapper } from '../../support/rclone.ts';
import { HAS_SSHD, startSshServer } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from '../archives.ts';

(HAS_SSHD ? describe : describe.skip)('a remote of rclone over SFTP', () => {
  test('keeps archives, gives them back and removes them, whatever their names', async () => {
    using folder = temporaryFolder();
    await using ssh = await startSshServer(folder);
    const rig = rcloneRig(folder);
    appendFileSync(rig.configFile, `\n${ssh.section('far')}`);
    const storage = rig.open({ remote: 'far', path: folder.at('far away', 'größe & 100%') });
    const name = "it's/größe [1] + {2} 日本.sql.7z";
    const file = archiveFile(folder, 3_000_000);
    await storage.prepare(name, never);
    const stored = await storage.put(name, file, putOptions());
    const [found] = await listed(storage, name);
    expect(found).toMatchObject({ id: stored.id, sizeBytes: file.sizeBytes, info: { 'pgbak-catalog': 'catalog-1' } });
    expect((await buffer(await storage.get(stored, never))).equals(file.content)).toBe(true);
    await storage.remove(stored, never);
    expect(await listed(storage, '')).toEqual([]);
  });

  test('has its sum asked of the server, and is not believed where that is another {damaged@upload}', async () => {
    using folder = temporaryFolder();
    await using ssh = await startSshServer(folder);
    const rig = rcloneRig(folder);
    // The server has a disk that turns bits: its copy changes before it is asked.
    const far = folder.at('far');
    mkdirSync(far);
    const rot = `[ "$VERB" = copyto ] && { "$RCLONE" "$@"; printf X | dd of="$(echo ${far}/.shop*)" bs=1 seek=7 conv=notrunc 2>/dev/null; exit 0; }`;
    appendFileSync(rig.configFile, `\n${ssh.section('far')}`);
    const storage = rig.open({ remote: 'far', path: far, program: rcloneWrapper(folder, rot) });
    await expect(storage.put('shop.sql.7z', archiveFile(folder, 5000), putOptions())).rejects.toThrow(
      /the remote "far" holds something else than the archive: something with the (sha1|md5) /,
    );
    expect(readdirSync(far)).toEqual([]);
  });

  test.each<[string, Record<string, string>, RegExp, RegExp]>([
    [
      'with a key that the server does not know {secret@connect}',
      { key_file: 'stranger' },
      /the login was refused: .*unable to authenticate/,
      /rclone config update far/,
    ],
    [
      'whose host has another key {replaced@connect}',
      { known_hosts_file: 'other' },
      /the host's key is not the known one/,
      /known_hosts_file/,
    ],
    ['whose host is down {refused@connect}', { port: '1' }, /its host cannot be reached/, /rclone lsd far:/],
  ])('%s is told as such', async (_what, changes, message, hint) => {
    using folder = temporaryFolder();
    await using ssh = await startSshServer(folder);
    const rig = rcloneRig(folder);
    const other = readFileSync(folder.at('ssh', 'known_hosts'), 'utf8').replace(
      / AAAA\S+/,
      ` ${readFileSync(folder.at('ssh', 'stranger.pub'), 'utf8').split(' ')[1]}`,
    );
    appendFileSync(folder.at('ssh', 'other'), other);
    const paths = Object.entries(changes).map(([name, value]) => [
      name,
      name === 'port' ? value : folder.at('ssh', value),
    ]);
    appendFileSync(rig.configFile, `\n${ssh.section('far', Object.fromEntries(paths))}`);
    const storage = rig.open({ remote: 'far', path: folder.at('far'), attempts: 1 });
    await expect(storage.prepare('shop.sql.7z', never)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});
