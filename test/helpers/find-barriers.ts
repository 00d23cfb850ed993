import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds on a page, as rule and place. The page's own policy forbids foreign scripts, so it is evaluated. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  // Compiling it is dear, and a page that is still the same has it.
  if (!(await page.evaluate('typeof axe === "object"'))) {
    await page.evaluate(await readFile(AXE, 'utf8'));
  }
  // Halfway from one colour to the other a text may be hard to read.
  await page.evaluate('for (const one of document.getAnimations()) one.cancel()');
  const found: unknown =
    await page.evaluate(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' ' + target.join(' '))))`);
  return found as string[];
}
