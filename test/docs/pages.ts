import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A page that people read, by its path below the root. */
export interface Page {
  path: string;
  text: string;
}

export function readPages(): Page[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', 'src/README.md', ...docs.map((name) => `docs/${name}`)].map((path) => ({
    path,
    text: readFileSync(join(ROOT, path), 'utf8'),
  }));
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** The text without its blocks of code. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(FENCE, '');
}

/** The lines of a page's shell blocks, and what stands between backticks in its prose. */
export function codeOf(page: Page): string[] {
  const blocks = [...page.text.matchAll(FENCE)].flatMap(([, language = '', code = '']) =>
    language === 'sh' ? code.replaceAll('\\\n', ' ').split('\n') : [],
  );
  const inline = [...proseOf(page).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\n', ' '));
  return [...blocks, ...inline];
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
