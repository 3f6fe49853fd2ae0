import { withoutPasswords } from './printable.ts';
import { redact, redactRare, type Secret } from './secret.ts';
import { hintFor, type HintedServer } from './server-hint.ts';

/**
 * Every failure that a user can cause or must act on, and the exit status it gives the process. Anything else that is
 * thrown is a bug and crashes loudly. A class exists only where code reacts to it differently.
 *
 * Messages and hints are printed, logged, stored and sent to ping URLs as they are, so the code that builds one has already
 * taken the secrets out. No `cause` is ever attached: oclif prints the whole chain, and a foreign error may hold a
 * command line or a request header.
 */
export abstract class PgbakError extends Error {
  abstract readonly exitCode: number;
  readonly #hint: string | undefined;
  #server: HintedServer | string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = new.target.name;
    this.#hint = hint;
  }

  /** What to do next, printed below the message. Its commands name the server where `about` told which one it is. */
  get hint(): string | undefined {
    return this.#hint === undefined ? undefined : hintFor(this.#hint, this.#server);
  }

  /** Tells which server the failure is about. */
  about(server: HintedServer | string): this {
    this.#server = server;
    return this;
  }
}

/** Works for a server, whose name the hint of a failure then holds. */
export async function aboutServer<Value>(server: HintedServer | string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof PgbakError ? error.about(server) : error;
  }
}

/** What `run` returns, or the `PgbakError` that it throws. Any other error goes on: it is a bug. */
export function attempt<Value>(run: () => Value): Value | PgbakError {
  try {
    return run();
  } catch (error) {
    if (error instanceof PgbakError) return error;
    throw error;
  }
}

/** Wrong use or configuration: nothing was attempted. */
export class ConfigError extends PgbakError {
  readonly exitCode = 2;
}

/** A program that pgbak started (pg_dump, psql, 7-Zip) failed, or none that serves was found. */
export class ProgramError extends PgbakError {
  readonly exitCode = 1;
  readonly #raw: Secret | undefined;

  /** @param raw the message with the program's words as they were, to recognize the failure by */
  constructor(message: string, hint?: string, raw?: Secret) {
    super(message, hint);
    this.#raw = raw;
  }

  /** The message before secrets were hidden in it, never to be printed: a password may be one of the words that tell a cause. */
  rawMessage(): Secret | undefined {
    return this.#raw;
  }

  /** Whether a pattern is found in the message, before secrets were hidden in it. */
  find(pattern: RegExp): RegExpExecArray | null {
    return pattern.exec(this.#raw?.reveal() ?? this.message);
  }
}

/** The temporary directory of this machine has no room. It says nothing of a dump or an archive. */
export class RoomError extends ProgramError {}

/** A time limit ended the work; the message names which limit and how to change it. */
export class TimeLimitError extends PgbakError {
  readonly exitCode = 1;
}

/** An archive is not what it should be: too small, of a suspicious size, unreadable, not a dump. */
export class ArchiveError extends PgbakError {
  readonly exitCode = 1;
}

/**
 * An archive is encrypted and its password is missing or another one; or it is not, where it should be. That proves
 * nothing about the archive.
 */
export class PasswordError extends PgbakError {
  readonly exitCode = 1;
}

/** B2 or a directory refused or lost something. */
export class StorageError extends PgbakError {
  readonly exitCode = 1;
}

/** B2 refuses all that is sent to it: the key may not, or a cap is reached. */
export class RefusedError extends StorageError {}

/** Object Lock forbids a removal, for a time. */
export class ObjectLockError extends RefusedError {}

/** Whether storage has the archive is not known, so the upload must not be repeated. */
export class DoubtfulUploadError extends StorageError {}

/** Another run holds the lock of this catalogue. */
export class LockedError extends PgbakError {
  readonly exitCode = 75;
}

/** A signal asked pgbak to stop. 128 + the signal's number, as a shell reports it. */
export class InterruptedError extends PgbakError {
  readonly exitCode: 129 | 130 | 143;

  readonly signal: 'SIGHUP' | 'SIGINT' | 'SIGTERM';

  constructor(signal: InterruptedError['signal'], hint?: string) {
    super(`interrupted by ${signal}`, hint);
    this.signal = signal;
    this.exitCode = signal === 'SIGHUP' ? 129 : signal === 'SIGINT' ? 130 : 143;
  }

  /** The same interruption, which also tells what it leaves behind. */
  leaving(hint: string | undefined): InterruptedError {
    return new InterruptedError(this.signal, hint);
  }
}

/** Throws the reason of an aborted signal; of an interruption with what it leaves behind. */
export function throwIfInterrupted({ aborted, reason }: AbortSignal, hint: string | undefined): void {
  if (aborted) throw reason instanceof InterruptedError ? reason.leaving(hint) : reason;
}

/**
 * The `code` of a foreign error (`ENOENT`, `SQLITE_BUSY`), or undefined. Foreign errors are told apart by it and never
 * by `instanceof`, which is false for an error of another realm.
 */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A foreign error's message without its class name, or its text when it is no error at all. */
export function errorMessage(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') {
    return error.message;
  }
  return String(error);
}

/**
 * The error where an archive is gone from the temporary directory. Machines clean such directories, so it is no fault
 * of pgbak. Undefined for an error about another file.
 */
export function archiveIsGone(error: unknown, archivePath: string): ArchiveError | undefined {
  if (errorCode(error) !== 'ENOENT') return undefined;
  if (typeof error !== 'object' || error === null || !('path' in error) || error.path !== archivePath) return undefined;
  return new ArchiveError(
    `another program removed the archive that was just made: ${archivePath}`,
    'Nothing was stored. Set PGBAK_TMPDIR to a directory from which no other program removes files.',
  );
}

const MACHINE_CODES: Readonly<Record<string, string>> = {
  EMFILE: 'This process may open no more files. Allow more: ulimit -n 1024',
  ENFILE: 'This machine can open no more files. Raise fs.file-max (sysctl).',
  ENOMEM: 'This machine has no memory left.',
  ENOSPC: 'The disk is full.',
  EDQUOT: 'The disk quota is used up.',
  EROFS: 'The disk is mounted read-only.',
  EACCES: 'The user who runs pgbak lacks the permission.',
  EPERM: 'The user who runs pgbak lacks the permission.',
  EIO: 'The disk or the terminal reports an error.',
  EAGAIN: 'This machine or user can start no more processes.',
};

/** What to do about an error of the operating system that is no fault of pgbak's; undefined for every other error. */
export function machineHint(error: unknown): string | undefined {
  return MACHINE_CODES[errorCode(error) ?? ''];
}

/** A failure as it is logged, stored and sent to ping URLs. */
export interface Failure {
  message: string;
  hint?: string;
  interrupted: boolean;
  /** For a bug in pgbak only: where it happened. */
  stack?: string;
}

/**
 * Puts an error into words. Our own errors hold no secret; any other error is a bug and might, so `secrets` are taken out
 * of it. The hint names the server that the failure is about.
 */
export function describeFailure(
  error: unknown,
  secrets: readonly Secret[] = [],
  server?: HintedServer | string,
): Failure {
  const hide = (text: string) => withoutPasswords(redact(text, secrets));
  const hideRare = (text: string) => withoutPasswords(redactRare(text, secrets));
  if (error instanceof PgbakError) {
    if (server !== undefined) error.about(server);
    return {
      message: hideRare(error.message),
      ...(error.hint === undefined ? {} : { hint: hideRare(error.hint) }),
      interrupted: error instanceof InterruptedError,
    };
  }
  const hint = machineHint(error);
  if (hint !== undefined) return { message: hideRare(errorMessage(error)), hint, interrupted: false };
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? String(error.stack) : undefined;
  return {
    message: hide(`unexpected error: ${errorMessage(error)}`),
    hint: 'This is a bug in pgbak. Run again with DEBUG=pgbak* and report what it prints.',
    interrupted: false,
    ...(stack === undefined ? {} : { stack: hide(stack) }),
  };
}

/** Message and hint as one text. */
export function failureText({ message, hint }: Pick<Failure, 'message' | 'hint'>): string {
  return hint === undefined ? message : `${message}\n${hint}`;
}
