import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startB2Server } from '../support/b2-server/start.ts';
import { newAccount, PGBAK } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { openTerminal } from '../support/terminal.ts';

// `npm run tour` writes docs/tour.md anew: what stands there was printed by pgbak, in a terminal of 80 columns.
await using cluster = await startCluster();
await using server = await startB2Server({ uploadBytesPerSecond: 12_000_000 });
server.createBucket('my-backups');
await createSampleDatabase(cluster, 'shop');
await cluster.sql('shop', 'create table visit as select n, md5(random()::text) from generate_series(1, 3000000) as n');
await cluster.sql('shop', 'analyze');
using account = newAccount({ B2_API_URL: server.url, B2_BUCKET: 'my-backups' });
using terminal = openTerminal(account.env);

const sections: string[] = [];
const add = (words: string, ...screens: string[]) =>
  sections.push([words, ...screens.map((screen) => `\`\`\`text\n${clean(screen)}\n\`\`\``)].join('\n\n'));
/** Without the prompt of the shell, and with a home that is nobody's. */
const clean = (screen: string) =>
  screen
    .split('\n')
    .filter((line) => !line.startsWith('$'))
    .join('\n')
    .replaceAll(account.folder.at('home'), '/home/me')
    .replaceAll(account.temporary, '/var/tmp')
    .replaceAll(PGBAK, '/usr/local/bin/pgbak')
    .replaceAll(/^\n+|\n+$/g, '');
let ran = 0;
const run = async (command: string) => {
  // The number tells this command's end from that of the last one, which may still be on the screen.
  ran += 1;
  terminal.enter(`clear; pgbak ${command}; echo "[${ran} $?"']'`);
  const end = new RegExp(`^\\[${ran} \\d+\\]$`, 'm');
  return (await terminal.shows(end)).replace(/\n?\[\d+ \d+\][\s\S]*$/, '');
};

terminal.enter('pgbak add');
await terminal.shows('Connection string');
terminal.type(cluster.url('shop'));
await terminal.shows('*'.repeat(20));
const typed = await terminal.shows(/\*\nctrl-t shows it/);
terminal.press('Enter');
await terminal.shows('? Name');
terminal.press('Enter');
await terminal.shows('Store the archives in');
terminal.press('Enter');
for (const [question, answer] of [
  ['B2 key id', server.masterKey.id],
  ['B2 application key', server.masterKey.key],
  ['B2 bucket', ''],
] as const) {
  await terminal.shows(`? ${question}`);
  terminal.enter(answer);
}
await terminal.shows('? Frequency');
terminal.press('C-u');
terminal.type('0');
const refused = await terminal.shows('whole hours');
terminal.press('C-u');
for (const [question, answer] of [
  ['Frequency', '12'],
  ['Archive password', 'correct horse battery staple'],
  ['Archive password, once more', 'correct horse battery staple'],
  ['Health check URL', ''],
] as const) {
  await terminal.shows(`? ${question}`);
  terminal.enter(answer);
}
const page = await terminal.shows('Time limits');
terminal.press('Enter');
const added = await terminal.shows('Added server');
add(
  '`pgbak add` asks for the settings that matter, and shows all of them on a page before it stores the server. A wrong answer is refused while you type it. Secrets are shown as asterisks; ctrl-t shows the text.',
  typed,
  refused,
  page,
  added,
);

terminal.enter('clear; pgbak run');
const dumping = await terminal.shows(/shop \d+ % of about \d+ MB, public.*left/);
const storing = await terminal.shows(/storing [6-9]\d % of/);
const stored = await terminal.shows(/✔ shop: .* stored as/);
add('`pgbak run`: one line changes while a server is backed up. One line stays.', dumping, storing, stored);

const { stderr } = await account.pgbak('run', '--force');
add(
  'The same without a terminal, as under cron: log lines on standard error. With `--quiet` only warnings and errors.',
  stderr.trimEnd(),
);
for (const command of ['list', 'logs', 'status', 'logs --id 1', 'doctor'])
  add(`\`pgbak ${command}\``, await run(command));

const target = cluster.url('restored');
add(
  '`pgbak restore` first says what it will do. (The connection string is shortened here.)',
  (await run(`restore shop --create --to '${target}'`)).replaceAll(target, 'postgresql://...'),
);
for (const command of [
  'backups',
  'verify --level restore',
  'edit shop --keep-daily 7 --keep-last 1',
  'prune --dry-run',
])
  add(`\`pgbak ${command}\``, await run(command));

const text = `# A tour\n\nAll of this was printed by pgbak in a terminal of 80 columns. \`npm run tour\` runs the commands and writes this page.\n\n${sections.join('\n\n')}\n`;
writeFileSync(fileURLToPath(new URL('../../docs/tour.md', import.meta.url)), text);
