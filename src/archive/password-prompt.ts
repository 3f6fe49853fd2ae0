import type { Writable } from 'node:stream';
import { ProgramError, type PgbakError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { Ending, RunningProgram } from '../system/programs.ts';
import { writeFailure } from './seven-zip-failure.ts';

const ANSWER_WITHIN_MS = 30_000;

/**
 * Makes a 7-Zip that was started with both pipes ready for data, and returns its standard input. Started with a bare `-p`, it
 * asks for the password: wait for the prompt, write the line, then wait for the newline that 7-Zip prints once it has read it.
 * 7-Zip reads the password through a buffer of 4096 bytes and drops the rest of that buffer: data sent too early is lost.
 *
 * @param times how often it asks: twice when it adds to an encrypted archive, to open it and to write it anew
 */
export async function enterPassword(
  program: RunningProgram,
  password: Secret | undefined,
  times = 1,
): Promise<Writable> {
  const { stdin, stdout } = program;
  if (stdin === undefined || stdout === undefined) {
    await program.ended;
    throw new Error('7-Zip was started without pipes');
  }
  try {
    if (password !== undefined) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => finish(neverAsked('did not ask for the password')), ANSWER_WITHIN_MS);
        const onData = promptListener(
          times,
          () => stdin.write(`${password.reveal()}\n`),
          () => finish(),
        );
        const finish = (error?: unknown) => {
          clearTimeout(timer);
          stdout.off('data', onData);
          if (error === undefined) resolve();
          else reject(error);
        };
        stdout.on('data', onData);
        // No answer comes from a program that has ended.
        program.ended.then(
          (ending) => finish(ownFailure(ending) ?? neverAsked('ended before it read the password')),
          finish,
        );
      });
    }
  } finally {
    // A program stops when the pipe that it writes to is full.
    stdout.resume();
  }
  return stdin;
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

/** 7-Zip's own reason, unless it is exit code 7: an old 7-Zip does not know the command line. */
function ownFailure(ending: Ending): PgbakError | undefined {
  return ending.exitCode === 7 ? undefined : writeFailure(ending);
}

function neverAsked(what: string): ProgramError {
  return new ProgramError(`7-Zip ${what}`, 'Set PGBAK_7Z to a 7-Zip 21.07 or newer.');
}
