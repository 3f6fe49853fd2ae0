import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { redact, Secret } from '../core/secret.ts';
import { errorCode, ProgramError } from '../core/errors.ts';
import { limitTo, reasonOf } from './clock.ts';
import { childrenDieWithUs, dieWithParent } from './die-with-parent.ts';
import { ignoresHangup } from './interruption.ts';
import { bytesOf, keepLines, type Lines, textOf } from './program-output.ts';

/** A program to start. It gets `env` and nothing else of pgbak's own environment. */
export interface Command {
  /** For messages: `pg_dump`, `7-Zip`. */
  name: string;
  /** Absolute path, or a name to be found on `env.PATH`. */
  file: string;
  /** Shown to every user of the machine by `ps`: never a secret. */
  args: readonly string[];
  env: Readonly<Record<string, string | Secret>>;
  /** The account to run under; only root may choose one. */
  account?: Account;
  /** The working directory; another account may not be able to enter pgbak's own. */
  cwd?: string;
  /** Further secrets, besides those in `env`, that the program might print to stderr. */
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
  /** The same lines as the program wrote them: to recognize why it failed, never to print. */
  rawStderr: Secret;
}

interface StartOptions {
  /** `'pipe'` gives the running program's `stdin`; otherwise the program reads nothing. */
  stdin?: 'pipe' | 'ignore';
  /** `'pipe'` gives the running program's `stdout`; a stream with a file descriptor becomes the program's own. */
  stdout?: 'pipe' | 'ignore' | Writable;
  /** An abort ends the program: SIGTERM, then SIGKILL after five seconds. */
  signal: AbortSignal;
  /** Called with each line of stderr as the program wrote it: to read the progress from, never to print. */
  onStderrLine?: (line: string) => void;
}

export interface RunningProgram {
  pid: number | undefined;
  stdin: Writable | undefined;
  stdout: Readable | undefined;
  /** Resolves when the program has ended, whether well or not; rejects with a `ProgramError` when it could not be started. */
  ended: Promise<Ending>;
  /** Sends SIGTERM, then SIGKILL after five seconds; resolves when the program has ended. */
  stop(): Promise<void>;
  /**
   * Pauses the program (true) or resumes it (false); returns whether it is paused now. Never pauses where a child could outlive a
   * killed pgbak: no process would resume it.
   */
  hold(isHeld: boolean): boolean;
}

const FORCE_KILL_AFTER_MS = 5000;
/** For the last output of a program that has ended. */
const CLOSE_PIPES_AFTER_MS = 500;

/**
 * Starts a program. The caller must await its end, which comes after success, failure and abort alike. Buffers only the tail of
 * stderr, so a dump of any size costs no memory.
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
    // NODE_DEBUG=execa would print command lines and output.
    verbose: 'none',
    // A hangup goes to the whole process group: keep children out of it where pgbak ignores hangups.
    detached: ignoresHangup(),
    cancelSignal: options.signal,
    forceKillAfterDelay: FORCE_KILL_AFTER_MS,
  });
  subprocess.stderr?.on('data', (chunk: Buffer) => lines.write(chunk));
  // The exit codes tell of a reader that ended early; without a listener this event would end pgbak.
  subprocess.stdin?.on('error', () => {});
  let isOver = false;
  const closePipes = () => {
    if (!isOver) closePipesOnceEnded(subprocess);
  };
  const ended = subprocess
    .then((result) => endingOf(command, result, lines))
    .finally(() => {
      isOver = true;
      options.signal.removeEventListener('abort', closePipes);
    });
  ended.catch(() => {});
  if (options.signal.aborted) closePipes();
  else options.signal.addEventListener('abort', closePipes, { once: true });
  let isStopping = false;
  // A stopped process ignores SIGTERM until SIGCONT.
  const wakeToEnd = () => {
    isStopping = true;
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
      closePipes();
      await ended.catch(() => {});
    },
    hold: (isHeld) => {
      options.signal.removeEventListener('abort', wakeToEnd);
      if (isStopping || options.signal.aborted || !childrenDieWithUs()) return false;
      if (isHeld) options.signal.addEventListener('abort', wakeToEnd, { once: true });
      return subprocess.kill(isHeld ? 'SIGSTOP' : 'SIGCONT') && isHeld;
    },
  };
}

/**
 * Closes our ends of the pipes shortly after a stopped program has exited. A wrapper script in place of pg_dump starts another
 * program, which may hold the pipes open for any time.
 */
function closePipesOnceEnded(subprocess: ChildProcess): void {
  const { exitCode, signalCode, stdout, stderr } = subprocess;
  const wait = () => {
    const timer = setTimeout(() => {
      stdout?.destroy();
      stderr?.destroy();
    }, CLOSE_PIPES_AFTER_MS);
    timer.unref();
    subprocess.once('close', () => clearTimeout(timer));
  };
  if (exitCode === null && signalCode === null) subprocess.once('exit', wait);
  else wait();
}

interface RunOptions {
  signal: AbortSignal;
  /** Written to stdin, which is then closed. */
  input?: Secret;
  timeoutMs: number;
}

/**
 * Runs a short program to its end and returns its stdout (at most 10 MB), made into text by `textOf`. The caller must judge the
 * exit code. Throws a `ProgramError` when the program cannot be started or takes longer than `timeoutMs`, and the signal's
 * reason when aborted.
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
    throw new ProgramError(`${command.name} did not answer within ${options.timeoutMs / 1000} seconds and was stopped`);
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
    // A killed program leaves its output unfinished; its ending says more than this error.
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
 * Passes on only exit code and signal: for a stream that was handed to another program and destroyed here, execa reports
 * `ERR_STREAM_PREMATURE_CLOSE` beside exit code 0.
 */
function endingOf(command: Command, result: Result, lines: Lines): Ending {
  if (result.exitCode === undefined && result.signal === undefined && result.code !== undefined) {
    throw notStarted(command, result.code === 'ENOENT' ? 'there is no such file' : result.code);
  }
  const wrapper = /^setpriv: failed to execute .*?: (.*)$/m.exec(lines.rawTail().reveal());
  if (wrapper !== null && result.exitCode !== 0) throw notStarted(command, wrapper[1] ?? 'unknown reason');
  return { exitCode: result.exitCode, signal: result.signal, stderrTail: lines.tail(), rawStderr: lines.rawTail() };
}

function notStarted(command: Command, why: string): ProgramError {
  return new ProgramError(`${command.name} could not be started from ${command.file}: ${why}`);
}

function revealed(env: Command['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
}
