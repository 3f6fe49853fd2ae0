import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';

const PASSWORD = 'hunter2-Zu9';
const URL = `postgresql://u:${PASSWORD}@h/x`;

let account: Account;
beforeAll(async () => {
  account = newAccount();
  // What there is no catalogue for is told before a server is looked for.
  await account.add({ name: 'crm', 'connection-string': 'env:X', 'no-check': true });
});
afterAll(() => account[Symbol.dispose]());

describe('a mistaken command line is told of without any value of it:', () => {
  test.each([
    ['two flags that exclude each other', ['restore', 'crm', '--to', URL, '--output', PASSWORD], '--output and --to'],
    ['and with =', ['restore', 'crm', `--to=${URL}`, '--stdout'], '--stdout and --to'],
    ['a value of several lines', ['restore', 'crm', `--to=a\n${URL}\nb`, '--stdout'], '--stdout and --to'],
    ['an argument for a command that has none', ['add', URL], 'add takes no argument'],
    ['an argument too many', ['edit', 'crm', URL], 'edit takes only one argument: SERVER'],
    ['several too many', ['restore', 'crm', URL, PASSWORD], 'restore takes only one argument: SERVER'],
    ['behind --', ['schedule', '--', PASSWORD], 'schedule takes no argument'],
    ['a URL in the place of a server', ['restore', URL, '--stdout'], 'no server of the name'],
    ['a connection string in its place', ['del', `host=h password='${PASSWORD}'`, '--yes'], 'no server of the name'],
    [
      'a flag that does not exist',
      ['add', `--archive-pasword=${PASSWORD}`],
      'unknown flag --archive-pasword. Did you mean --archive-password?',
    ],
    ['a password that looks like a flag', ['add', '--archive-password', `--${PASSWORD}`], '--connection-string'],
    ['letters that are no flags', ['list', `-${PASSWORD}`], 'no such flag'],
    ['no number', ['add', '--frequency-hrs', PASSWORD], '--frequency-hrs takes whole hours, such as 6, or 6h, 1d, 1w'],
    ['none of the options', ['add', `--format=${PASSWORD}`], '--format must be sql, binary or directory'],
    ['nor of an argument', ['completion', PASSWORD], 'SHELL must be bash, zsh or fish'],
    ['a flag that needs another', ['restore', PASSWORD, '--bare'], '--bare needs --table'],
    ['a flag twice', ['logs', '--id=1', `--id=${PASSWORD}`], '--id can be given only once'],
    ['a value for a flag that has none', ['edit', `--no-check=${PASSWORD}`], '--no-check takes no value'],
    ['for its opposite', ['edit', `--no-auto-prune=${PASSWORD}`], '--no-auto-prune takes no value'],
    ['and for --json', ['backups', `--json=${PASSWORD}`], '--json takes no value'],
    ['no command', [URL], 'no such command'],
    ['a topic without its command', ['catalog', URL], 'no such command'],
    ['help for what is none', ['--help', PASSWORD], 'no such command'],
    [
      'a ping URL in the place of a server',
      ['del', `https://hc-ping.com/${PASSWORD}?k`, '--yes'],
      'no server of the name',
    ],
    ['what looks like a flag in its place', ['run', '--server', `--${PASSWORD}`], 'no server of the name'],
    ['no id', ['catalog:retime', PASSWORD], 'no id of a backup'],
    ['no time that has passed', ['catalog:retime', '1', `--to=${PASSWORD}`], '--to is not a time'],
    ['no place', ['catalog:forget', PASSWORD, '--yes'], 'there is no destination of that name'],
    ['a URL as archive name', ['edit', 'crm', `--archive-name=https://h/${PASSWORD}`], 'the archive name is a URL'],
    ['a time', ['restore', 'crm', `--at=${URL}`, '--stdout'], ''],
    ['a place', ['backups', '--remote', `--from=${URL}`], ''],
    ['a destination', ['add', '--no-check', '--connection-string=env:X', `--destination=${URL}`], ''],
  ])('%s {secret@connect}', async (_case, words, said) => {
    const plain = await account.pgbak(...words);
    expect(plain.status).toBe(2);
    expect(plain.stderr).toContain(said);
    expect(plain.stdout + plain.stderr).not.toContain(PASSWORD);
    const json = await account.pgbak(...words.slice(0, 1), '--json', ...words.slice(1));
    expect(json.stdout + json.stderr).not.toContain(PASSWORD);
    const debugged = await account.start(words, { DEBUG: '*' }).finished;
    expect(debugged.stdout + debugged.stderr).not.toContain(PASSWORD);
  });

  test.each([
    [['restore', 'crm', '--to=', '--schema=sales'], '--to'],
    [['restore', 'crm', '--to=env:X', '--schema='], '--schema'],
    [['restore', 'crm', '--output='], '--output'],
    [['restore', 'crm', '--stdout', '--archive-password='], '--archive-password'],
    [['restore', '', '--stdout'], 'the argument SERVER'],
    [['verify', 'crm', '--archive-password='], '--archive-password'],
    [['verify', 'crm', '--scratch-url='], '--scratch-url'],
    [['catalog', 'rebuild', '--from=file:/nowhere', '--archive-password='], '--archive-password'],
    [['catalog', 'export', 'copy.7z', '--archive-password='], '--archive-password'],
    [['catalog', 'forget', ''], 'the argument PLACE'],
    [['run', '--server='], '--server'],
    [['prune', ''], 'the argument SERVER'],
  ])('what is empty, in %j, is refused by its name, before anything is done {secret@connect}', async (words, name) => {
    const { status, stdout, stderr } = await account.pgbak(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`pgbak: ${name} is empty\nA variable may not be set.`);
  });

  test('that an empty text took the archive password away is said', async () => {
    await account.pgbak('edit', 'crm', '--archive-password=secret');
    const { status, stdout } = await account.pgbak('edit', 'crm', '--archive-password=');
    expect(status).toBe(0);
    expect(stdout).toContain('crm: archive password removed. New backups are NOT encrypted;');
  });

  test.each([
    ['a compression', ['add', '--no-check', '--connection-string=env:X', `--compression=zip:${PASSWORD}`], {}],
    ['a destination that is none', ['edit', 'crm', `--destination=b2:${PASSWORD}`], {}],
    ['a period', ['edit', 'crm', `--keep-within=${PASSWORD}`], {}],
    ['a tolerance', ['edit', 'crm', `--size-tolerance=${URL}`], {}],
    ['a URL as destination', ['run', '--force'], { PGBAK_DESTINATION: URL }],
    ['a destination of the environment', ['run', '--force'], { PGBAK_DESTINATION: `b2:${PASSWORD}` }],
    ['a time limit', ['run', '--force'], { BACKUP_TIMEOUT_SEC: PASSWORD }],
    ['a size', ['run', '--force'], { PGBAK_TMP_LIMIT: PASSWORD }],
    ['on or off', ['run', '--force'], { PGBAK_CATALOG_COPY: PASSWORD }],
    ['a directory of programs', ['run', '--force'], { PGBAK_PG_BIN: URL }],
    ['a temporary directory', ['run', '--force'], { PGBAK_TMPDIR: URL }],
    ['a server for throwaway databases', ['doctor'], { PGBAK_SCRATCH_URL: `${URL}?sslmode=none` }],
  ])('%s that cannot be meant {secret@connect}', async (_case, words, env) => {
    for (const json of [[], ['--json']]) {
      const { stdout, stderr } = await account.start([...words, ...json], env).finished;
      expect(stdout + stderr).not.toBe('');
      expect(stdout + stderr).not.toContain(PASSWORD);
    }
  });

  test.each([
    ['a command', ['lsit'], 'unknown command "lsit". Did you mean "list"?\nAll commands: pgbak --help'],
    ['the beginning of one', ['stat'], 'unknown command "stat". Did you mean "status"?\nAll commands: pgbak --help'],
    [
      'a command of a topic',
      ['catalog', 'exprot'],
      '"catalog exprot". Did you mean "catalog export"?\nSee: pgbak catalog',
    ],
    ['it without its topic', ['retime'], 'unknown command "retime". Did you mean "catalog retime"?'],
    ["another program's word", ['snapshots'], 'unknown command "snapshots". Did you mean "backups"?'],
    ['a flag', ['run', '--frce'], 'unknown flag --frce. Did you mean --force?\nAll flags: pgbak run --help'],
    ['the opposite of one', ['edit', '--no-auto-prun'], 'unknown flag --no-auto-prun. Did you mean --no-auto-prune?'],
    ['a server', ['run', 'cmr'], 'there is no server "cmr". Did you mean "crm"?\nThe servers: pgbak list'],
    ['one behind its flag', ['run', '--server', 'cmr'], 'there is no server "cmr". Did you mean "crm"?'],
    ['a value', ['add', '--format', 'binry'], '--format must be sql, binary or directory. Did you mean "binary"?'],
    ['nothing where nothing is near', ['frobnicate'], 'unknown command "frobnicate"\nAll commands: pgbak --help'],
    [
      'where a server goes',
      ['list', '--server', 'crm'],
      'unknown flag --server\nA server is named without a flag: pgbak list',
    ],
    ['where flags go', ['--quiet', 'run'], 'the command stands first, its flags behind it'],
    ['the way to help', ['run', 'help'], 'there is no server "help"\nFor help put --help behind the command'],
  ])('and what was meant is named: %s', async (_case, words, said) => {
    const { status, stdout, stderr } = await account.pgbak(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  test.each([
    [
      ['ls', '--json'],
      ['list', '--json'],
    ],
    [['log'], ['logs']],
    [
      ['history', 'crm'],
      ['logs', 'crm'],
    ],
    [
      ['rm', 'nobody', '--yes'],
      ['del', 'nobody', '--yes'],
    ],
    [
      ['backup', 'nobody'],
      ['run', 'nobody'],
    ],
    [
      ['run', '-h'],
      ['run', '--help'],
    ],
    [
      ['help', 'run'],
      ['run', '--help'],
    ],
    [
      ['help', 'catalog', 'export'],
      ['catalog', 'export', '--help'],
    ],
    [
      ['help', 'rm'],
      ['del', '--help'],
    ],
    [['help'], ['--help']],
    [['-h'], ['--help']],
    [['-v'], ['--version']],
    [['version'], ['--version']],
  ])('%j does the same as %j', async (words, same) => {
    expect(await account.pgbak(...words)).toEqual(await account.pgbak(...same));
  });
});
