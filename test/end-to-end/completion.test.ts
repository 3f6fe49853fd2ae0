import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';
import { openTerminal } from '../support/terminal.ts';

let account: Account;
beforeAll(async () => {
  account = newAccount({ TZ: 'Etc/GMT-1' });
  const facts = { destination: 'file:/srv', 'no-check': true } as const;
  await account.add({ ...facts, name: 'shop two', 'connection-string': 'postgresql:///shop' });
  await account.add({ ...facts, name: 'crm', 'connection-string': 'postgresql:///crm' });
  const database = new Database(account.catalogPath);
  const point = database.prepare(
    `insert into backup_log (id, server_id, server_name, ts, result, success, started_at, finished_at, file_size, object_id, object_name, place, warnings)
     values (?, ?, ?, '20261126T165500', 'Success', ?, ?, '2026-11-26T17:00:00.000Z', 277300000, ?, 'x.sql.7z', 'file:/srv', '[]')`,
  );
  point.run(7, 1, 'shop two', '1', '2026-11-25T16:55:00.000Z', '/srv/7');
  point.run(17, 1, 'shop two', '1', '2026-11-26T16:55:00.000Z', '/srv/17');
  point.run(18, 1, 'shop two', '0', '2026-11-26T18:55:00.000Z', null);
  point.run(19, 2, 'crm', '1', '2026-11-26T19:55:00.000Z', '/srv/19');
  database.close();
  for (const shell of ['bash', 'zsh', 'fish']) {
    writeFileSync(account.folder.at(shell), (await account.pgbak('completion', shell)).stdout);
  }
});
afterAll(() => account[Symbol.dispose]());

const CALL = `'${process.execPath}' '${PGBAK}'`;

/** What each shell offers behind a line, in the order of the shell; its own escapes taken away. */
const SHELLS = {
  bash: (line: string) =>
    run('bash', [
      '-c',
      `pgbak() { ${CALL} "$@"; }; source "$1"; COMP_LINE=$2; COMP_POINT=\${#2}; _pgbak; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      account.folder.at('bash'),
      line,
    ]),
  fish: (line: string) =>
    run('fish', [
      '--no-config',
      '-c',
      `function pgbak; ${CALL} $argv; end; source $argv[1]; complete -C $argv[2]`,
      account.folder.at('fish'),
      line,
    ]).map((found) => found.split('\t')[0] ?? ''),
};

function run(shell: string, args: readonly string[]): string[] {
  const text = execFileSync(shell, args, { encoding: 'utf8', env: account.env, stdio: ['ignore', 'pipe', 'pipe'] });
  return text.split('\n').filter((line) => line !== '');
}

describe.each(['bash', 'fish'] as const)('completion of %s', (shell) => {
  const complete = (line: string) => SHELLS[shell](line).map((word) => word.replaceAll('\\', ''));

  test.each([
    ['a command', 'pgbak sta', ['status']],
    ['a command by its alias', 'pgbak rm c', ['crm']],
    ['a flag', 'pgbak run --acc', ['--accept-size']],
    ['a flag of a subcommand', 'pgbak catalog rebuild --fr', ['--from']],
    ['no flag twice', 'pgbak run --accept-size --acc', []],
    ['the opposite of a flag', 'pgbak edit crm --no-auto', ['--no-auto-prune']],
    ['a value', 'pgbak add --format ', ['sql', 'binary', 'directory']],
    ['subcommands', 'pgbak catalog ', ['export', 'forget', 'rebuild', 'retime']],
    ['servers', 'pgbak edit ', ['shop two', 'crm']],
    ['servers behind others', 'pgbak run crm ', ['shop two']],
    ['servers behind their flag', 'pgbak run --server ', ['shop two', 'crm']],
    ['a server that is half typed', 'pgbak edit sh', ['shop two']],
    ['no second server where one is enough', 'pgbak edit crm ', []],
    ['backups of the server that was named', 'pgbak restore crm --at ', ['latest', '19']],
    ['backups of a server whose name has a space', String.raw`pgbak restore shop\ two --at `, ['latest', '17', '7']],
    ['backups of all', 'pgbak verify --at ', ['latest', '19', '17', '7']],
    ['methods', 'pgbak add --compression zs', ['zstd:1', 'zstd:3', 'zstd:19']],
    ['shells', 'pgbak completion f', ['fish']],
    ['nothing where anything may stand', 'pgbak add --name ', []],
    ['nothing for what is no command', 'pgbak frobnicate ', []],
  ])('offers %s', (_what, line, words) => expect(complete(line)).toEqual(words));

  test('offers files where a file is meant', () => {
    const place = account.folder.at('some-file');
    writeFileSync(place, '');
    if (shell === 'fish') expect(complete(`pgbak restore crm --output ${place.slice(0, -3)}`)).toEqual([place]);
    // Bash itself then offers files: `compopt -o default`, which works only in a real completion.
    else expect(complete('pgbak restore crm --output ')).toEqual([]);
  });
});

test('bash is given what is left of a word behind a colon or an equals sign', () => {
  expect(SHELLS.bash('pgbak add --compression zstd:')).toEqual(['1', '3', '19']);
  expect(SHELLS.bash('pgbak add --format=')).toEqual(['sql', 'binary', 'directory']);
});

describe.each([
  ['bash', 'bash --norc --noprofile -i', 'source'],
  ['zsh', 'zsh -f -i', 'autoload -U compinit; compinit -u -D; source'],
  ['fish', 'fish --no-config -i', 'source'],
])('in a real %s', (shell, command, source) => {
  test('the Tab key completes, and shows backups with their times', async () => {
    using terminal = openTerminal({ ...account.env, TERM: 'xterm' }, 100);
    terminal.enter(command);
    const define = shell === 'fish' ? `function pgbak; ${CALL} $argv; end` : `pgbak() { ${CALL} "$@"; }`;
    terminal.enter(define);
    terminal.enter(`${source} ${account.folder.at(shell)}; clear; echo rea''dy`);
    await terminal.shows('ready');
    terminal.type('pgbak stat');
    terminal.press('Tab');
    await terminal.shows(/pgbak status/);
    terminal.press('C-u');
    terminal.type('pgbak edit cr');
    terminal.press('Tab');
    await terminal.shows(/pgbak edit crm/);
    terminal.press('C-u');
    terminal.type('pgbak restore shop');
    terminal.press('Tab');
    await terminal.shows(/pgbak restore shop\\ two/);
    terminal.type('--at 1');
    terminal.press('Tab');
    await terminal.shows(/--at 17/);
    if (shell === 'bash') return;
    terminal.press('C-u');
    terminal.type('pgbak restore shop\\ two --at ');
    terminal.press('Tab');
    await terminal.shows(/17.*shop two, 2026-11-26 17:55 \+01:00, 277\.3 MB/);
  });
});

describe('what the scripts ask', () => {
  const ask = async (...words: string[]) => await account.pgbak('completion', '--complete', ...words);

  test('makes no catalogue where there is none', async () => {
    using empty = newAccount();
    expect(await empty.pgbak('completion', '--complete', 'edit', '')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(existsSync(empty.catalogPath)).toBe(false);
  });

  test('is answered while another process holds the catalogue', async () => {
    const database = new Database(account.catalogPath);
    database.exec('begin immediate');
    expect((await ask('edit', 'c')).stdout).toBe('crm\tserver\n');
    database.exec('rollback');
    database.close();
  });

  test('leaves nothing behind', async () => {
    const before = readdirSync(dirname(account.catalogPath));
    await ask('restore', 'crm', '--at', '');
    expect(readdirSync(dirname(account.catalogPath))).toEqual(before);
  });

  test.each([
    ['no catalogue', 'not a catalogue at all'],
    ['damaged', 'SQLite format 3\0 and then nothing'],
  ])('is answered by nothing where the file is %s', async (_what, content) => {
    using other = newAccount();
    const file = other.folder.at('file');
    writeFileSync(file, content);
    expect(await other.start(['completion', '--complete', 'edit', ''], { DB_PATH: file }).finished).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });
});

test.each(['zsh', 'fish', 'bash'])('the script of %s can be read by it', (shell) => {
  const checked = spawnSync(shell, ['-n', account.folder.at(shell)], { encoding: 'utf8' });
  expect({ status: checked.status, stderr: checked.stderr }).toEqual({ status: 0, stderr: '' });
});

test('a script is given as JSON too', async () => {
  const { stdout } = await account.pgbak('completion', 'zsh');
  expect(await account.json('completion', 'zsh')).toEqual({ shell: 'zsh', script: stdout });
});
