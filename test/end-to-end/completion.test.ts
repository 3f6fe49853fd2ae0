import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { newAccount, PGBAK } from '../support/pgbak.ts';

const isHere = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

describe('completion', () => {
  test('of bash knows commands, flags, values and servers', async () => {
    using account = newAccount();
    await account.add({
      name: 'shop two',
      'connection-string': 'postgresql:///shop',
      destination: 'file:/srv',
      'no-check': true,
    });
    const { stdout: script } = await account.pgbak('completion', 'bash');
    writeFileSync(account.folder.at('completion.bash'), script);
    const complete = (...words: string[]) =>
      execFileSync(
        'bash',
        [
          '-c',
          `pgbak() { '${process.execPath}' '${PGBAK}' "$@"; }; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _pgbak; printf '%s\\n' "\${COMPREPLY[@]}"`,
          'bash',
          account.folder.at('completion.bash'),
          ...words,
        ],
        { encoding: 'utf8', env: account.env },
      )
        .trim()
        .split('\n');
    expect(complete('pgbak', 'st')).toEqual(['status']);
    expect(complete('pgbak', 'run', '--acc')).toEqual(['--accept-size']);
    expect(complete('pgbak', 'add', '--format', '')).toEqual(['sql', 'binary']);
    expect(complete('pgbak', 'edit', 'sh')).toEqual([String.raw`shop\ two`]);
    expect(complete('pgbak', 'catalog', '')).toEqual(['export', 'forget', 'rebuild', 'retime']);
    expect(complete('pgbak', 'catalog', 'rebuild', '--fr')).toEqual(['--from']);
    expect(complete('pgbak', 'run', '--server', '')).toEqual([String.raw`shop\ two`]);
  });

  test.each(['zsh', 'fish'])('of %s is a script that shell can read', async (shell) => {
    using account = newAccount();
    const { status, stdout } = await account.pgbak('completion', shell);
    expect(status).toBe(0);
    expect(stdout).toMatch(/completion --servers/);
    if (!isHere(shell)) {
      process.stderr.write(`NOTICE: ${shell} is not installed, so that its completion script was not read by it\n`);
      return;
    }
    writeFileSync(account.folder.at('script'), stdout);
    const checked = spawnSync(shell, ['-n', account.folder.at('script')], { encoding: 'utf8' });
    expect({ status: checked.status, stderr: checked.stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('makes no catalogue where there is none', async () => {
    using account = newAccount();
    expect(await account.pgbak('completion', '--servers')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(existsSync(account.catalogPath)).toBe(false);
  });
});
