import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import type { Web } from './support.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A visitor with access, and all that the server sent to them. */
export interface Visitor extends AsyncDisposable {
  page: Page;
  /** The bodies of all answers so far. */
  received(): Promise<string>;
  go(path: string): Promise<void>;
  enter(values: Readonly<Record<string, string>>): Promise<void>;
  press(button: string): Promise<void>;
  /** The message beside a field, without its hint. */
  message(flag: string): Promise<string | undefined>;
  /** The flags whose fields have a message. */
  wrong(): Promise<string[]>;
  /** What axe-core finds, a line for each violation. */
  violations(): Promise<string[]>;
}

export async function visitor(browser: Browser, web: Web, { javaScriptEnabled = true } = {}): Promise<Visitor> {
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  const bodies: Promise<string>[] = [];
  // A redirection has no body.
  page.on('response', (response) => bodies.push(response.text().catch(() => '')));
  await page.goto(web.address);
  await page.waitForURL(`${web.origin}/`);
  return {
    page,
    received: async () => (await Promise.all(bodies)).join('\n'),
    go: async (path) => void (await page.goto(`${web.origin}${path}`)),
    enter: async (values) => {
      for (const [flag, value] of Object.entries(values)) {
        const field = page.locator(`[id="f-${flag}"]`);
        const group = page.locator('details:not([open])', { has: field });
        if ((await group.count()) > 0) await group.locator('summary').click();
        await field.fill(value);
      }
    },
    press: async (button) => {
      // The answer leads to another page, which is the one that is looked at.
      const loaded = page.waitForEvent('load');
      await page.locator('button:not(.hidden)', { hasText: button }).click();
      await loaded;
    },
    message: async (flag) => {
      const found = page.locator(`[id="f-${flag}-error"] > p:first-child`);
      if ((await found.count()) === 0) return undefined;
      return (await found.textContent())?.replace(/^Wrong: /, '');
    },
    wrong: async () => {
      const ids = await page.locator('.error').evaluateAll((all) => all.map(({ id }) => id));
      return ids.map((id) => id.replace(/^f-|-error$/g, ''));
    },
    violations: async () => {
      await page.evaluate(AXE);
      const found: { id: string; nodes: { html: string }[] }[] = await page.evaluate(
        'axe.run().then((r) => r.violations)',
      );
      return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    },
    [Symbol.asyncDispose]: async () => await context.close(),
  };
}
