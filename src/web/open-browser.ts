import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from '../core/context.ts';
import type { Secret } from '../core/secret.ts';
import { openerOf, openFile } from '../system/open-file.ts';
import { createTemporaryDirectory } from '../system/temporary-directory.ts';

/** Whether this machine seems to show its windows to the person at the terminal. */
export function hasDisplay(variables: Readonly<Record<string, string | undefined>>): boolean {
  const isSet = (name: string) => (variables[name] ?? '') !== '';
  if (openerOf(process.platform) === undefined || isSet('SSH_CONNECTION')) return false;
  return process.platform === 'darwin' || isSet('DISPLAY') || isSet('WAYLAND_DISPLAY');
}

/**
 * Opens an address in the person's browser. Every user of the machine can read a command line, so the browser is given a
 * private file that leads to the address. Disposing removes the file.
 */
export async function openBrowser(
  address: Secret,
  { catalog, environment }: Pick<Context, 'catalog' | 'environment'>,
): Promise<AsyncDisposable> {
  const base = environment.temporaryDirectory ?? tmpdir();
  const directory = await createTemporaryDirectory({ base, owner: catalog.id });
  const path = join(directory.path, 'open.html');
  const url = address.reveal();
  const text = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${url}"><a href="${url}">pgbak</a>\n`;
  await writeFile(path, text, { mode: 0o600 });
  openFile(pathToFileURL(path).href);
  return directory;
}
