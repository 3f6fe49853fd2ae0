import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('libpq.py', import.meta.url));

/** What libpq's own parser makes of a connection string: its parameters, or nothing where it refuses it. */
export interface Libpq extends AsyncDisposable {
  read(connectionString: string): Promise<Readonly<Record<string, string>> | undefined>;
}

/** Debian's Python knows Debian's libpq, which psql uses. */
export function startLibpq(): Libpq {
  const child = spawn('/usr/bin/python3', [SCRIPT], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' },
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    read: async (connectionString) => {
      child.stdin.write(`${JSON.stringify(connectionString)}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error('libpq.py ended');
      return (JSON.parse(value) as { values?: Record<string, string> }).values;
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
