import { run } from '@oclif/core/run';

/** What bin/run.js starts once it knows that this Node will do; bundled with oclif itself. */
export async function main(directory: string): Promise<void> {
  try {
    await run(process.argv.slice(2), directory);
  } catch (error) {
    // Commands report their own failures; what is left is a command that does not exist, and the end of a help text.
    const exit: unknown = Object(Object(error).oclif).exit;
    if (exit === undefined) throw error;
    if (exit !== 0) {
      const message = (error instanceof Error ? error.message : String(error)).replace(':', ' ');
      process.stderr.write(`pgbak: ${message}\nSee: pgbak --help\n`);
    }
    process.exitCode = Number(exit);
  }
}
