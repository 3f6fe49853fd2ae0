import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { examplesInHelp, faultIn, wordsFor } from './command-in-docs.ts';
import { anchorsOf, codeOf, proseOf, readPages, ROOT } from './pages.ts';

const pages = readPages();

const wrongOnes = (lines: readonly string[]) =>
  lines.flatMap((line) => {
    const words = wordsFor(line);
    const fault = words === undefined ? undefined : faultIn(words);
    return fault === undefined ? [] : [`${line}: ${fault}`];
  });

test('each command line in the pages, and in the help, is one that pgbak takes', () => {
  expect(wrongOnes(pages.flatMap((page) => codeOf(page)))).toEqual([]);
  expect(wrongOnes(examplesInHelp())).toEqual([]);
});

test.each([
  ['pgbak stauts', 'no command'],
  ['DB_PATH=x pgbak list --frce  # all of them', "Unknown option '--frce'"],
  ['pgbak edit shop "a b"', 'too many arguments'],
  ['pgbak verify shop --level reed', '--level takes no reed'],
])('a page with %j would be noticed', (line, fault) => {
  expect(wrongOnes([line])).toEqual([expect.stringContaining(fault)]);
});

test('each link in the pages leads somewhere', () => {
  const broken = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      if (/^https?:/.test(target)) return [];
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? page.path : relative(ROOT, join(ROOT, dirname(page.path), file));
      if (!existsSync(join(ROOT, path))) return [`${page.path}: ${target}`];
      if (anchor === undefined) return [];
      const linked = pages.find((one) => one.path === path);
      return linked !== undefined && anchorsOf(linked).includes(anchor) ? [] : [`${page.path}: ${target}`];
    }),
  );
  expect(broken).toEqual([]);
});

test('what the bad day explains is what pgbak says', () => {
  const [, section = ''] = /## When a restore says that\n([\s\S]*?)\n## /.exec(
    pages.find(({ path }) => path === 'docs/bad-day.md')?.text ?? '',
  ) ?? ['', ''];
  const messages = [...section.matchAll(/^\| "(.*?)" +\|/gm)].map(([, message = '']) => message);
  expect(messages.length).toBeGreaterThan(4);
  const code = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8').replaceAll(/['`]\s*\+\s*['`]/g, ''))
    .join('\n');
  expect(messages.filter((message) => !code.includes(message))).toEqual([]);
});
