import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { redact, Secret } from '../core/secret.ts';
import { errorCode, ProgramError } from '../core/errors.ts';
import { limitTo, reasonOf } from './clock.ts';
import { childrenDieWithUs, dieWithParent } from './die-with-parent.ts';
import { ignoresHangup } from './interruption.ts';
import { keepLines, type Lines } from './lines.ts';
import { bytesOf, textOf } from './lossless-text.ts';

/** A program to start. It gets `env` and nothing else of pgbak's own environment. */
export interface Command {
  /** What people call it: `pg_dump`, `7-Zip`. */
  name: string;
  /** Absolute path, or a name to be found on `env.PATH`. */
  file: string;
  /** Shown to every user of the machine by `ps`: never a secret. */
  args: readonly string[];
  env: Readonly<Record<string, string | Secret>>;
  /** Whom it runs as; only root may say so. */
  account?: Account;
  /** Where it runs; pgbak's own working directory may be closed to another account. */
  cwd?: string;
  /** Secrets besides those in `env` that the program might repeat on stderr. */
  secrets?: readonly Secret[];
}

export interface Account {
  uid: number;
  gid: number;
}

/** How a program ended: by itself with `exitCode`, or by `signal`. */
export interface Ending {
  exitCode: number | undefined;
  signal: string | undefined;
  /** The last lines of stderr, at most 8 KB, secrets hidden. */
  stderrTail: string;
}

export interface StartOptions {
  /** `'pipe'` gives `stdin` on the running program; otherwise it reads nothing. */
  stdin?: 'pipe' | 'ignore';
  /** `'pipe'` gives `stdout`; a stream with a file descriptor is handed over to the program itself. */
  stdout?: 'pipe' | 'ignore' | Writable;
  /** Ends the program: SIGTERM, and SIGKILL five seconds later. */
  signal: AbortSignal;
  /** Called with each line of stderr, secrets hidden. */
  onStderrLine?: (line: string) => void;
}

export interface RunningProgram {
  pid: number | undefined;
  stdin: Writable | undefined;
  stdout: Readable | undefined;
  /** Resolves when the program has ended, however; rejects with a `ProgramError` when it could not be started. */
  ended: Promise<Ending>;
  /** Asks the program to end, forces it five seconds later, and resolves when it has. */
  stop(): Promise<void>;
  /**
   * Lets the program stand still, or go on. Does nothing where a child could outlive a killed pgbak: no process would ever
   * wake it then. Tells whether it stands still now.
   */
  hold(isHeld: boolean): boolean;
}

const FORCE_KILL_AFTER_MS = 5000;
/** Time for its last words. */
const LET_GO_AFTER_MS = 500;

/**
 * Starts a program. Its end is the caller's to await, and comes with success, failure and abort alike. Of what it
 * writes nothing is buffered but the tail of stderr, so a dump of any size costs no memory.
 */
export function startProgram(command: Command, options: StartOptions): RunningProgram {
  const secrets = [
    ...Object.values(command.env).filter((value) => value instanceof Secret),
    ...(command.secrets ?? []),
  ];
  const lines = keepLines((line) => redact(line, secrets), options.onStderrLine);
  const [file, ...args] = dieWithParent([command.file, ...command.args]);
  const subprocess = execa(file, args, {
    env: revealed(command.env),
    extendEnv: false,
    ...command.account,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    stdin: options.stdin ?? 'ignore',
    stdout: options.stdout ?? 'ignore',
    stderr: 'pipe',
    buffer: false,
    encoding: 'buffer',
    reject: false,
    // NODE_DEBUG=execa would print command lines and what comes out of them.
    verbose: 'none',
    // A hangup goes to the whole process group, and Node starts children that obey it.
    detached: ignoresHangup(),
    cancelSignal: options.signal,
    forceKillAfterDelay: FORCE_KILL_AFTER_MS,
  });
  subprocess.stderr?.on('data', (chunk: Buffer) => lines.write(chunk));
  // A reader that goes away first is told by the exit codes; without a listener the event would end pgbak itself.
  subprocess.stdin?.on('error', () => {});
  let isOver = false;
  const letGo = () => {
    if (!isOver) letGoOf(subprocess);
  };
  const ended = subprocess
    .then((result) => endingOf(command, result, lines))
    .finally(() => {
      isOver = true;
      options.signal.removeEventListener('abort', letGo);
    });
  ended.catch(() => {});
  if (options.signal.aborted) letGo();
  else options.signal.addEventListener('abort', letGo, { once: true });
  let isToEnd = false;
  // One that stands still would not hear that it is to end.
  const wakeToEnd = () => {
    isToEnd = true;
    subprocess.kill('SIGCONT');
  };
  return {
    pid: subprocess.pid,
    stdin: subprocess.stdin ?? undefined,
    stdout: subprocess.stdout ?? undefined,
    ended,
    stop: async () => {
      subprocess.kill('SIGTERM');
      wakeToEnd();
      letGo();
      await ended.catch(() => {});
    },
    hold: (isHeld) => {
      options.signal.removeEventListener('abort', wakeToEnd);
      if (isToEnd || options.signal.aborted || !childrenDieWithUs()) return false;
      if (isHeld) options.signal.addEventListener('abort', wakeToEnd, { once: true });
      return subprocess.kill(isHeld ? 'SIGSTOP' : 'SIGCONT') && isHeld;
    },
  };
}

/**
 * Lets go of the pipes of a program that is ended, once it has gone. A script in place of pg_dump starts another program,
 * which may hold them for as long as it likes, and nobody reads them any more.
 */
function letGoOf(subprocess: ChildProcess): void {
  const { exitCode, signalCode, stdout, stderr } = subprocess;
  const wait = () => {
    const timer = setTimeout(() => {
      stdout?.destroy();
      stderr?.destroy();
    }, LET_GO_AFTER_MS);
    timer.unref();
    subprocess.once('close', () => clearTimeout(timer));
  };
  if (exitCode === null && signalCode === null) subprocess.once('exit', wait);
  else wait();
}

export interface RunOptions {
  signal: AbortSignal;
  /** Written to stdin, which is then closed. */
  input?: Secret;
  timeoutMs: number;
}

/**
 * Runs a short program to its end and returns what it wrote to stdout (at most 10 MB), every byte of it kept as `textOf`
 * keeps it. Its exit code is the caller's to
 * judge. Throws a `ProgramError` when it cannot be started or takes longer than `timeoutMs`, and the signal's reason
 * when aborted.
 */
export async function runProgram(command: Command, options: RunOptions): Promise<Ending & { stdout: string }> {
  using limit = limitTo(options.timeoutMs, options.signal);
  const program = startProgram(command, {
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    stdout: 'pipe',
    signal: limit.signal,
  });
  program.stdin?.end(options.input === undefined ? undefined : bytesOf(options.input.reveal()));
  const [stdout, ending] = await Promise.all([textIn(program.stdout), program.ended]);
  if (options.signal.aborted) throw reasonOf(options.signal);
  if (limit.isOver()) {
    throw new ProgramError(`${command.name} did not answer within ${options.timeoutMs / 1000} seconds and was ended`);
  }
  return { ...ending, stdout };
}

const MAX_OUTPUT_BYTES = 10_000_000;

async function textIn(stream: Readable | undefined): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of stream ?? []) {
      sizeBytes += Buffer.byteLength(chunk);
      if (sizeBytes <= MAX_OUTPUT_BYTES) chunks.push(Buffer.from(chunk));
    }
  } catch (error) {
    // A program that was killed leaves its output unfinished; its ending says so better than this error.
    if (errorCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
  return textOf(Buffer.concat(chunks));
}

interface Result {
  exitCode?: number | undefined;
  signal?: string | undefined;
  code?: string | undefined;
}

/**
 * execa counts a stream that was handed to another program and destroyed here as `ERR_STREAM_PREMATURE_CLOSE`, beside
 * exit code 0. Only the exit code and the signal say how the program itself fared, so only they are passed on.
 */
function endingOf(command: Command, result: Result, lines: Lines): Ending {
  if (result.exitCode === undefined && result.signal === undefined && result.code !== undefined) {
    throw notStarted(command, result.code === 'ENOENT' ? 'there is no such file' : result.code);
  }
  const wrapper = /^setpriv: failed to execute .*?: (.*)$/m.exec(lines.tail());
  if (wrapper !== null && result.exitCode !== 0) throw notStarted(command, wrapper[1] ?? 'unknown reason');
  return { exitCode: result.exitCode, signal: result.signal, stderrTail: lines.tail() };
}

function notStarted(command: Command, why: string): ProgramError {
  return new ProgramError(`${command.name} could not be started from ${command.file}: ${why}`);
}

function revealed(env: Command['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
}
