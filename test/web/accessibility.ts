import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import type { Web } from './support.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong with a page, a line for each element. */
export async function violationsOf(page: Page): Promise<string[]> {
  // As text that is evaluated by the debugger: the policy of the pages lets no script in.
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    const { axe: loaded } = globalThis as unknown as {
      axe: {
        run(): Promise<{
          violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
        }>;
      };
    };
    const { violations } = await loaded.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}\n${failureSummary}`),
    );
  });
}

/** The ways in which people look at a page. */
export const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [360, 1024, 1600].map((width) => ({ colorScheme, width })),
);

/** A page of a browser of this width, that has shown the token already. */
export async function look(
  browser: Browser,
  web: Web,
  { colorScheme, width }: (typeof LOOKS)[number] = { colorScheme: 'light', width: 1024 },
): Promise<Page> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  await page.goto(web.address);
  await page.waitForURL(`${web.origin}/`);
  return page;
}

/** By how much a page is wider than its window. */
export async function overflowOf(page: Page): Promise<number> {
  return await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
