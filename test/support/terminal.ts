import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { eventually } from './eventually.ts';
import { PGBAK } from './pgbak.ts';
import { processesWith } from './processes.ts';

export interface Terminal extends Disposable {
  /** Types a text as it stands, and Enter behind it. */
  enter(text: string): void;
  type(text: string): void;
  /** Presses keys by tmux' names: `Enter`, `C-c`, `Down`. */
  press(...keys: string[]): void;
  /** What stands on the screen, without empty lines at its end; with `-e` its colors too. */
  screen(options?: { colors: boolean }): string;
  /** Waits until something stands on the screen, and returns all of it. */
  shows(what: RegExp | string): Promise<string>;
}

const LONGEST_MS = 60_000;
/** Each look starts a program, which takes as long as what is waited for. */
const LOOK_EVERY_MS = 100;

/** A real terminal of that width, with a shell in it that knows `pgbak`. */
export function openTerminal(env: Record<string, string>, width = 80, height = 50): Terminal {
  const socket = `pgbak-test-${randomUUID()}`;
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const variables = Object.entries({ LANG: 'C.UTF-8', TERM: 'tmux-256color', ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const shell = ['env', '-i', ...variables, 'bash', '--norc', '--noprofile', '-i'];
  tmux('new-session', '-d', '-x', String(width), '-y', String(height), ...shell);
  const type = (text: string) => void tmux('send-keys', '-l', '--', text);
  const press = (...keys: string[]) => void tmux('send-keys', ...keys);
  const screen = ({ colors } = { colors: false }) => tmux('capture-pane', '-p', ...(colors ? ['-e'] : [])).trimEnd();
  const terminal: Terminal = {
    type,
    press,
    enter: (text) => {
      type(text);
      press('Enter');
    },
    screen,
    shows: async (what) => {
      try {
        const isShown = () => {
          const text = screen();
          return (typeof what === 'string' ? text.includes(what) : what.test(text)) ? text : '';
        };
        return await eventually(`"${what}" on the screen`, isShown, LONGEST_MS, LOOK_EVERY_MS);
      } catch (error) {
        throw new Error(`${String(error)}\n${screen()}`, { cause: error });
      }
    },
    [Symbol.dispose]: () => {
      tmux('kill-server');
      waitForEndOf(socket);
    },
  };
  terminal.enter(`unset HISTFILE; PS1='$ '; pgbak() { '${process.execPath}' '${PGBAK}' "$@"; }; clear`);
  return terminal;
}

/** tmux answers before its server has ended. */
function waitForEndOf(socket: string): void {
  const deadline = Date.now() + 10_000;
  while (processesWith(socket).length > 0) {
    if (Date.now() > deadline) throw new Error(`the terminal ${socket} does not end`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}
