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

const folderOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : path);
const OUTSIDE = ['postgres', 'archive', 'storage', 'catalog', 'notify', 'system'];
const STORIES = ['backup', 'restore', 'monitor'];
const CORE = ['config', 'errors.ts', 'printable.ts'];

/** What each folder may import besides itself, and why no more. */
const ARROWS: Record<string, { may: string[]; because: string }> = {
  commands: { may: ['cli', ...STORIES, ...CORE], because: 'a command is flags, one call and one print' },
  cli: { may: [...STORIES, ...OUTSIDE, ...CORE], because: 'the one place that puts everything together' },
  ...Object.fromEntries(
    STORIES.map((story) => [
      story,
      {
        may: [...STORIES, ...OUTSIDE, ...CORE],
        because: 'a story gets the outside world as arguments; it knows its types',
      },
    ]),
  ),
  ...Object.fromEntries(
    OUTSIDE.map((folder) => [
      folder,
      { may: ['system', ...CORE], because: 'each part of the outside world is replaceable alone' },
    ]),
  ),
  system: { may: CORE, because: 'everybody rests on it' },
  config: { may: CORE, because: 'the innermost: it says what may be, and does nothing' },
  'main.ts': { may: ['cli'], because: 'it hands over to oclif' },
  'errors.ts': { may: [], because: 'everybody rests on it' },
  'printable.ts': { may: [], because: 'everybody rests on it' },
};

describe('imports point inward', () => {
  test('only', () => {
    const wrong = imports
      .filter(({ to }) => files.includes(to))
      .filter(
        ({ from, to }) =>
          folderOf(from) !== folderOf(to) && ARROWS[folderOf(from)]?.may.includes(folderOf(to)) !== true,
      )
      .map(({ from, to }) => `${from} -> ${to}: no, ${ARROWS[folderOf(from)]?.because ?? 'a folder without a rule'}`);
    expect(wrong).toEqual([]);
    expect(imports.length).toBeGreaterThan(200);
  });

  test('and stories import of the outside world nothing but types', () => {
    const wrong = imports.filter(
      ({ from, to, isTypeOnly }) => STORIES.includes(folderOf(from)) && OUTSIDE.includes(folderOf(to)) && !isTypeOnly,
    );
    expect(wrong).toEqual([]);
  });

  test.each([
    ['@oclif/core', ['commands', 'cli', 'main.ts']],
    ['@inquirer/prompts', ['commands', 'cli']],
    ['ora', ['cli']],
    ['cli-table3', ['cli']],
    ['execa', ['system']],
    ['kysely', ['catalog']],
    ['better-sqlite3', ['catalog', 'system']],
    ['backblaze-b2', ['storage']],
    ['@logdna/logger', ['notify']],
  ])('and %s is known to %j alone', (name, folders) => {
    const users = imports
      .filter(({ to }) => to === name || to.startsWith(`${name}/`))
      .map(({ from }) => folderOf(from));
    expect(users.filter((folder) => !folders.includes(folder))).toEqual([]);
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
    const used = new Set(imports.map(({ to }) => to));
    const unused = files.filter(
      (name) => !used.has(name) && !name.startsWith('commands/') && name !== 'main.ts' && !name.endsWith('.d.ts'),
    );
    expect(unused).toEqual([]);
  });
});
