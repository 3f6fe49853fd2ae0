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
    ['an argument for a command that has none', ['add', URL], 'add takes no such argument'],
    ['an argument too many', ['edit', 'crm', URL], 'one argument too many'],
    ['several too many', ['restore', 'crm', URL, PASSWORD], '2 arguments too many'],
    ['behind --', ['list', '--', PASSWORD], 'one argument too many'],
    ['a URL in the place of a server', ['restore', URL, '--stdout'], 'no server of the name'],
    ['a connection string in its place', ['del', `host=h password='${PASSWORD}'`, '--yes'], 'no server of the name'],
    ['a flag that does not exist', ['add', `--archive-pasword=${PASSWORD}`], 'no flag --archive-pasword'],
    ['a password that looks like a flag', ['add', '--archive-password', `--${PASSWORD}`], '--connection-string'],
    ['letters that are no flags', ['list', `-${PASSWORD}`], 'no such flag'],
    ['no number', ['add', '--frequency-hrs', PASSWORD], '--frequency-hrs takes an integer'],
    ['none of the options', ['add', `--format=${PASSWORD}`], '--format must be one of: sql, binary'],
    ['nor of an argument', ['completion', PASSWORD], 'one of: bash, zsh, fish'],
    ['a flag that needs another', ['restore', PASSWORD, '--create'], '--create needs --to'],
    ['a flag twice', ['logs', '--id=1', `--id=${PASSWORD}`], '--id can only be specified once'],
    ['a value for a flag that has none', ['edit', `--no-check=${PASSWORD}`], '--no-check takes no value'],
    ['for its opposite', ['edit', `--no-auto-prune=${PASSWORD}`], '--no-auto-prune takes no value'],
    ['and for --json', ['backups', `--json=${PASSWORD}`], '--json takes no value'],
    ['no command', [URL], 'no such command'],
    ['a topic without its command', ['catalog', URL], 'catalog takes no such argument'],
    ['help for what is none', ['--help', PASSWORD], 'no such command'],
    [
      'a ping URL in the place of a server',
      ['del', `https://hc-ping.com/${PASSWORD}?k`, '--yes'],
      'no server of the name',
    ],
    ['what looks like a flag in its place', ['run', '--server', `--${PASSWORD}`], 'no server of the name'],
    ['no id', ['catalog:retime', PASSWORD], 'no id of a backup'],
    ['no time that has passed', ['catalog:retime', '1', `--to=${PASSWORD}`], '--to is not a time'],
    ['no place', ['catalog:forget', PASSWORD, '--yes'], 'nothing to give up in that place'],
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
    const { status, stderr } = await account.pgbak('edit', 'crm', '--archive-password=');
    expect(status).toBe(0);
    expect(stderr).toContain('crm has no archive password now: its next archives will not be encrypted');
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

  test('and the nearest command is named', async () => {
    const { stderr } = await account.pgbak('lsit');
    expect(stderr).toContain('did you mean');
    expect(stderr).toContain('list');
  });
});
