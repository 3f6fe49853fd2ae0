import type { Readable } from 'node:stream';
import type { Secret } from '../config/secret.ts';
import { ProgramError } from '../errors.ts';
import type { RunningProgram } from '../system/programs.ts';

const ANSWER_WITHIN_MS = 30_000;

/**
 * Gives a 7-Zip that was started with a bare `-p` its password: waits for the prompt, writes the line, and waits for
 * the newline that 7-Zip prints once it has read it. Only then may anything else be written to its standard input:
 * 7-Zip reads the password through a buffer of 4096 bytes and throws away whatever stands in it behind the line, so
 * data that comes too early is lost without a word.
 */
export async function answerPasswordPrompt(program: RunningProgram, password: Secret): Promise<void> {
  const { stdin, stdout } = program;
  if (stdin === undefined || stdout === undefined) throw new Error('the prompt needs both pipes');
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => finish(neverAsked('asked for no password')), ANSWER_WITHIN_MS);
    const onData = promptListener(
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
    // Its own ending is judged by whoever waits for it; here it only means that no answer will come.
    program.ended.then(
      () => finish(neverAsked('ended before it had read the password')),
      (error: unknown) => finish(error instanceof Error ? error : new Error(String(error))),
    );
  });
}

/** A program whose output nobody reads stops when the pipe is full. */
export function keepFlowing(stdout: Readable): void {
  stdout.resume();
}

function promptListener(onPrompt: () => void, onRead: () => void): (chunk: Buffer) => void {
  let output = '';
  let isAnswered = false;
  return (chunk) => {
    output += chunk.toString('latin1');
    const prompt = /Enter password[^:\n]*:/i.exec(output);
    if (prompt === null) return;
    if (!isAnswered) {
      isAnswered = true;
      onPrompt();
    }
    if (output.includes('\n', prompt.index + prompt[0].length)) onRead();
  };
}

function neverAsked(what: string): ProgramError {
  return new ProgramError(`7-Zip ${what}`, 'Set PGBAK_7Z to a 7-Zip of 21.07 or newer.');
}
