import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const SOURCE = fileURLToPath(new URL('../src', import.meta.url));

interface Import {
  from: string;
  to: string;
  isTypeOnly: boolean;
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(SOURCE, from), 'utf8');
  const statements = text.matchAll(/(?:^|\n)(?:import|export)(\s+type)?\s[^;]*?from\s+'([^']+)'|import\('([^']+)'\)/g);
  return [...statements].map(([, type, fixed, lazy]) => {
    const specifier = fixed ?? lazy ?? '';
    const to = specifier.startsWith('.') ? relative(SOURCE, join(SOURCE, dirname(from), specifier)) : specifier;
    return { from, to, isTypeOnly: type !== undefined };
  });
});

const roomOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : path);
const STORIES = ['backup', 'restore', 'retention', 'monitor', 'schedule'];
const FLOOR = ['server', 'catalog', 'storage', 'archive', 'postgres', 'notify'];
const GROUND = ['system', 'core'];

/** What each room may import besides itself, and why no more. */
const ARROWS: Record<string, { may: string[]; because: string }> = {
  'main.ts': { may: ['terminal', 'system'], because: 'it hands over to oclif' },
  commands: {
    may: ['terminal', 'web', ...STORIES, ...FLOOR, ...GROUND],
    because: 'a command is flags, one call and one print',
  },
  terminal: { may: [...STORIES, ...FLOOR, ...GROUND], because: 'it shows what the stories tell' },
  web: { may: [...STORIES, ...FLOOR, ...GROUND], because: 'it shows the same on pages, without a terminal' },
  ...Object.fromEntries(
    STORIES.map((story) => [
      story,
      { may: [...STORIES, ...FLOOR, ...GROUND], because: 'a story knows nothing of the terminal' },
    ]),
  ),
  server: {
    may: ['storage', 'postgres', 'notify', 'archive', ...GROUND],
    because:
      'settings name a destination, a connection and ping URLs; what is stored of them is the concern of the catalogue',
  },
  catalog: { may: ['server', ...GROUND], because: 'a row of a server is made of its fields' },
  ...Object.fromEntries(
    ['storage', 'archive', 'postgres', 'notify'].map((room) => [
      room,
      { may: GROUND, because: 'each part of the outside world can be replaced alone' },
    ]),
  ),
  system: { may: ['core'], because: 'it serves all rooms and knows none' },
  core: { may: [], because: 'all rooms rest on it' },
};

/** A context names what a run carries, of whatever room that is; it imports their types and nothing else. */
const CONTEXT = 'core/context.ts';

/** Arrows that are to go. */
const STILL: readonly string[] = [];

describe('imports point downward', () => {
  test('only', () => {
    const wrong = imports
      .filter(({ to }) => files.includes(to))
      .filter(({ from, to }) => roomOf(from) !== roomOf(to) && ARROWS[roomOf(from)]?.may.includes(roomOf(to)) !== true)
      .filter(({ from, to, isTypeOnly }) => !(from === CONTEXT && isTypeOnly) && !STILL.includes(`${from} -> ${to}`))
      .map(({ from, to }) => `${from} -> ${to}: no, ${ARROWS[roomOf(from)]?.because ?? 'a room without a rule'}`);
    expect(wrong).toEqual([]);
    expect(imports.length).toBeGreaterThan(200);
  });

  test.each([
    ['@oclif/core', ['commands', 'terminal', 'main.ts']],
    ['@inquirer/prompts', ['commands', 'terminal']],
    ['ora', ['terminal']],
    ['cli-table3', ['terminal']],
    ['execa', ['system']],
    ['hono', ['web']],
    ['@hono/node-server', ['web']],
    ['kysely', ['catalog']],
    ['better-sqlite3', ['catalog', 'system']],
    ['backblaze-b2', ['storage']],
    ['@aws-sdk/client-s3', ['storage']],
    ['@logdna/logger', ['notify']],
  ])('and %s is known to %j alone', (name, rooms) => {
    const users = imports.filter(({ to }) => to === name || to.startsWith(`${name}/`)).map(({ from }) => roomOf(from));
    expect(users.filter((room) => !rooms.includes(room))).toEqual([]);
  });

  test('and no file goes around in a circle', () => {
    const values = imports.filter(({ to, isTypeOnly }) => files.includes(to) && !isTypeOnly);
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) {
        circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      for (const { to } of values.filter(({ from }) => from === file)) visit(to, [...path, file]);
    };
    for (const file of files.filter((name) => name.startsWith('commands/'))) visit(file, []);
    expect(circles).toEqual([]);
  });

  test('and every file is used', () => {
    // oclif loads the help itself, when help is asked for, and bin/run.js the answers of completion.
    const used = new Set(['terminal/help.ts', 'terminal/completion/complete.ts', ...imports.map(({ to }) => to)]);
    const unused = files.filter(
      (name) => !used.has(name) && !name.startsWith('commands/') && name !== 'main.ts' && !name.endsWith('.d.ts'),
    );
    expect(unused).toEqual([]);
  });
});
