import { execa } from 'execa';

const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', linux: 'xdg-open', freebsd: 'xdg-open' };

/** The program by which this system opens a file with the program that the person has chosen for it. */
export function openerOf(platform: NodeJS.Platform): string | undefined {
  return OPENERS[platform];
}

/**
 * Opens a file with the person's own program for it. That may be started by this, and must outlive pgbak: so nothing
 * waits for it, nothing ends it, and nothing is told where it fails.
 *
 * @param address a path or a `file:` URL. Every user of the machine can read it: never a secret
 */
export function openFile(address: string): void {
  const opener = openerOf(process.platform);
  if (opener === undefined) return;
  const program = execa(opener, [address], { detached: true, stdio: 'ignore', reject: false });
  program.unref();
  program.catch(() => {});
}
