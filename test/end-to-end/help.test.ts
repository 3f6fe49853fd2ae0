import { execFileSync, type StdioOptions } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';

interface Manifest {
  commands: Record<string, { summary: string; flags: Record<string, { hidden?: boolean }> }>;
}

const manifest = JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')) as Manifest;
const commands = Object.keys(manifest.commands).map((id) => id.replaceAll(':', ' '));

let account: Account;
beforeAll(() => {
  account = newAccount();
});
afterAll(() => account[Symbol.dispose]());

/** What a terminal of that width is sent. */
function onTerminal(words: string, width: number): string[] {
  const line = `stty cols ${width} rows 50; '${process.execPath}' '${PGBAK}' ${words}`;
  const environment = { ...account.env, NO_COLOR: '1' };
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
  const options = { encoding: 'utf8', env: environment, stdio } as const;
  return execFileSync('script', ['-qec', line, '/dev/null'], options).replaceAll('\r', '').split('\n');
}

describe.each([40, 60, 80])('in a terminal of %i columns no line of help is wider,', (width) => {
  test.each(['', 'catalog', ...commands])('of "%s"', (command) => {
    const lines = onTerminal(`${command} --help`, width);
    expect(lines.length).toBeGreaterThan(10);
    // Only what has no space may be broken by the terminal: a URL or a path in an example.
    const wide = lines.filter((line) => line.length > width && line.trim().replace(/^\$ /, '').split(' ').length > 3);
    expect(wide).toEqual([]);
  });
});

test('the help lists every command once, under what people do', async () => {
  const { stdout } = await account.pgbak('--help');
  const titles = stdout.match(/^[A-Z][A-Z ]+$/gm);
  expect(titles).toEqual([
    'USAGE',
    'FIRST STEPS',
    'SET UP',
    'DESTINATIONS',
    'BACK UP',
    'LOOK',
    'RESTORE',
    'KEEP',
    'MAINTAIN',
    'HELP',
  ]);
  for (const [id, { summary }] of Object.entries(manifest.commands)) {
    const line = `  ${id.replaceAll(':', ' ')} `;
    expect(stdout.split('\n').filter((text) => text.startsWith(line))).toHaveLength(1);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(summary);
  }
});

test.each(commands)(
  'the help of %s has each flag once, its examples first, and says nothing twice',
  async (command) => {
    const { stdout } = await account.pgbak(...command.split(' '), '--help');
    const flagLines = stdout
      .replace(/^DESCRIPTION\n[^]*?(?=^[A-Z])/m, '')
      .replaceAll('[no-]', '')
      .split('\n');
    const { summary = '', flags = {} } = manifest.commands[command.replaceAll(' ', ':')] ?? {};
    expect(stdout.startsWith(`${summary}\n\nUSAGE\n`)).toBe(true);
    expect(stdout.split(summary)).toHaveLength(2);
    expect(stdout.indexOf('\nEXAMPLES\n')).toBeLessThan(stdout.indexOf('\nOUTPUT AND HELP\n'));
    for (const [name, { hidden = false }] of Object.entries(flags)) {
      const lines = flagLines.filter((line) => new RegExp(`^  --${name}(?:[ ,]|$)`).test(line));
      expect([name, lines.length]).toEqual([name, hidden ? 0 : 1]);
    }
  },
);

test('the flags of add stand in the order of their groups, not of the alphabet', async () => {
  const { stdout } = await account.pgbak('add', '--help');
  expect(stdout.match(/^[A-Z][A-Z, ]+$/gm)).toEqual([
    'USAGE',
    'EXAMPLES',
    'DESCRIPTION',
    'WHAT, AND HOW OFTEN',
    'WHAT IS DUMPED',
    'STORAGE',
    'ENCRYPTION',
    'HEALTH CHECKS',
    'CHECKS AND LIMITS',
    'RETENTION',
    'OUTPUT AND HELP',
    'EXIT STATUS',
  ]);
});
