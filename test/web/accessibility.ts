import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
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

/** A page of a browser of this width, that has shown the token already. */
export async function look(
  browser: Browser,
  web: Web,
  { colorScheme, width }: { colorScheme: 'light' | 'dark'; width: number } = { colorScheme: 'light', width: 1024 },
): Promise<Page> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  await page.goto(web.address);
  await page.waitForURL(`${web.origin}/`);
  return page;
}

/**
 * Expects that everybody can use the page that is shown. Colors do not change the layout, so each is looked at in one width,
 * and each width for its overflow alone.
 */
export async function expectUsable(page: Page): Promise<void> {
  const found: unknown[] = [];
  for (const [colorScheme, width] of [
    ['light', 1600],
    ['light', 1024],
    ['dark', 360],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const overflow = await overflowOf(page);
    if (overflow !== 0) found.push({ width, overflow });
    if (width !== 1600) found.push(...(await violationsOf(page)).map((violation) => ({ colorScheme, violation })));
  }
  expect({ page: page.url(), found }).toEqual({ page: page.url(), found: [] });
}

/** By how much a page is wider than its window. */
async function overflowOf(page: Page): Promise<number> {
  return await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
