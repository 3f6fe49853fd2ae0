import type { Readable } from 'node:stream';
import type { Secret } from '../core/secret.ts';
import { ProgramError, type PgbakError } from '../core/errors.ts';
import type { Ending, RunningProgram } from '../system/programs.ts';
import { sevenZipFailure } from './judge-endings.ts';

const ANSWER_WITHIN_MS = 30_000;

/**
 * Gives a 7-Zip that was started with a bare `-p` its password: waits for the prompt, writes the line, and waits for
 * the newline that 7-Zip prints once it has read it. Only then may anything else be written to its standard input:
 * 7-Zip reads the password through a buffer of 4096 bytes and throws away what stands in it behind the line, so
 * data that comes too early is lost without a word. One that adds to an encrypted archive asks twice: to open it, and to
 * write it anew.
 */
export async function answerPasswordPrompt(program: RunningProgram, password: Secret, times = 1): Promise<void> {
  const { stdin, stdout } = program;
  if (stdin === undefined || stdout === undefined) throw new Error('the prompt needs both pipes');
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => finish(neverAsked('asked for no password')), ANSWER_WITHIN_MS);
    const onData = promptListener(
      times,
      () => stdin.write(`${password.reveal()}\n`),
      () => finish(),
    );
    const finish = (error?: Error) => {
      clearTimeout(timer);
      stdout.off('data', onData);
      keepFlowing(stdout);
      if (error === undefined) resolve();
      else reject(error);
    };
    stdout.on('data', onData);
    // Its own ending is judged where it is waited for; here it only means that no answer will come.
    program.ended.then(
      (ending) => finish(ownFailure(ending) ?? neverAsked('ended before it had read the password')),
      (error: unknown) => finish(error instanceof Error ? error : new Error(String(error))),
    );
  });
}

/** A program whose output is not read stops when the pipe is full. */
export function keepFlowing(stdout: Readable): void {
  stdout.resume();
}

function promptListener(times: number, onPrompt: () => void, onRead: () => void): (chunk: Buffer) => void {
  let output = '';
  let answered = 0;
  return (chunk) => {
    output += chunk.toString('latin1');
    const prompts = [...output.matchAll(/Enter password[^:\n]*:/gi)];
    for (; answered < Math.min(prompts.length, times); answered += 1) onPrompt();
    const last = prompts[times - 1];
    if (last !== undefined && output.includes('\n', last.index + last[0].length)) onRead();
  };
}

/** 7-Zip's own reason, but for that of a command line which an old one does not know (exit code 7 of its manual). */
function ownFailure(ending: Ending): PgbakError | undefined {
  return ending.exitCode === 7 ? undefined : sevenZipFailure(ending);
}

function neverAsked(what: string): ProgramError {
  return new ProgramError(`7-Zip ${what}`, 'Set PGBAK_7Z to a 7-Zip of 21.07 or newer.');
}
