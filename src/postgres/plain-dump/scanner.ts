import { ArchiveError } from '../../core/errors.ts';
import { copyDataUntil, lineEnd, type Quote, quotedUntil, tokenAt } from './tokens.ts';
import { endsHere, isRoutine, LONGEST_BYTES, newStatement, type Statement, take } from './statement.ts';
import { isLeftOut, mayBeLeftOut, NOTHING_LEFT_OUT, type LeftOut } from './left-out.ts';
import { isDecided, ReadingSettings, runsNothing, treatmentOf, wrongWith } from './what-pg-dump-writes.ts';

type Mode = { kind: 'sql' } | { kind: 'comment' } | { kind: 'rows' } | { kind: 'quoted'; quote: Quote };

const NEWLINE = 0x0a;

/**
 * Reads a plain dump as psql will, piece by piece and with little memory, and lets through only what pg_dump writes.
 * psql runs a command wherever a backslash stands outside quotes, and a dump could end the transaction that loads it.
 * So anything that pg_dump does not write is refused before psql reads it.
 *
 * Comments, time limits, `\restrict`, and the BEGIN and COMMIT around the data of large objects are left out. Settings
 * are made local to the transaction.
 *
 * https://www.postgresql.org/docs/current/app-psql.html and src/fe_utils/psqlscan.l tell how psql reads.
 */
export class PlainDumpScanner {
  private mode: Mode = { kind: 'sql' };
  private statement: Statement = newStatement(0);
  private rest: Buffer = Buffer.alloc(0);
  private text: Buffer = this.rest;
  /** `at`: how far `text` was read. `taken`: how far it was passed on or left out. */
  private at = 0;
  private taken = 0;
  /** The current statement's bytes, held until its treatment is decided. */
  private held: Buffer[] = [];
  private out: Buffer[] = [];
  private bytesBefore = 0;
  private isAmongLargeObjects = false;
  private isAtLineStart = true;
  private readonly settings = new ReadingSettings();
  /** Whether a part of the current statement was passed on already, so that it can no longer be left out. */
  private isUnderWay = false;
  private readonly leftOut: LeftOut;

  constructor(leftOut = NOTHING_LEFT_OUT) {
    this.leftOut = leftOut;
  }

  /** Takes the next piece of a dump, and returns the bytes that may go to psql. Throws an `ArchiveError` for others. */
  push(chunk: Buffer): Buffer[] {
    this.text = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    this.at = 0;
    this.taken = 0;
    this.out = [];
    // psql reads lines as C strings, so it would not see what follows a zero byte.
    if (chunk.includes(0)) this.refuse('a zero byte');
    while (this.at < this.text.length && this.step());
    this.keep(this.at);
    if (this.statement.tokens.length === 0) this.release();
    else if (isDecided(this.statement) && !(this.canWait() && mayBeLeftOut(this.statement, this.leftOut))) {
      this.release();
      this.isUnderWay = true;
    }
    this.rest = this.text.subarray(this.at);
    if (this.at > 0) this.isAtLineStart = this.text[this.at - 1] === NEWLINE;
    this.bytesBefore += this.at;
    if (this.heldBytes() > LONGEST_BYTES.held || (this.mode.kind !== 'rows' && this.rest.length > LONGEST_BYTES.held)) {
      this.refuse('a word without an end');
    }
    if (this.mode.kind !== 'rows' && this.bytesBefore - this.statement.startsAt > LONGEST_BYTES.statement) {
      this.refuse('a statement of more than 1 GB');
    }
    return this.out;
  }

  /** Call at the end of the dump. Throws an `ArchiveError` where it ends within a statement or rows. */
  end(): void {
    const { mode, statement, rest, isAmongLargeObjects } = this;
    const isOver = mode.kind === 'comment' || (mode.kind === 'sql' && statement.tokens.length === 0);
    if (isOver && rest.length === 0 && !isAmongLargeObjects) return;
    throw new ArchiveError('the dump ends in the middle of a statement, or of rows', HINT);
  }

  /** Reads the next token. False where it needs more bytes. */
  private step(): boolean {
    const { mode, text, at } = this;
    if (mode.kind === 'sql') return this.sqlStep();
    if (mode.kind === 'comment') {
      this.at = lineEnd(text, at);
      this.taken = this.at;
      if (this.at < text.length) this.mode = { kind: 'sql' };
      return true;
    }
    const found = mode.kind === 'rows' ? copyDataUntil(text, at) : quotedUntil(text, at, mode.quote);
    this.at = found.at;
    if (!found.isEnd) return false;
    this.mode = { kind: 'sql' };
    if (mode.kind === 'rows') {
      this.keep(this.at);
      this.guard();
      this.statement = newStatement(this.bytesBefore + this.at);
    }
    return true;
  }

  private sqlStep(): boolean {
    const { text, at, statement } = this;
    const token = tokenAt(text, at, this.settings.conforming === 'off');
    if (token === undefined) return false;
    const isAtLineStart = at === 0 ? this.isAtLineStart : text[at - 1] === NEWLINE;
    switch (token.kind) {
      case 'space':
        break;
      case 'comment':
        this.keep(at);
        this.taken = token.end;
        this.mode = { kind: 'comment' };
        break;
      case 'backslash':
        if (statement.tokens.length > 0 || !isAtLineStart) this.refuse(this.commandAt(at));
        return this.skipCommand();
      case 'colon':
        this.take(':');
        // psql replaces `:name` by the value of a variable, but not where a space follows the colon.
        if (token.mayBeVariable) this.insert(token.end, ' ');
        break;
      case 'quote':
        this.take(token.quote.kind === 'identifier' ? '"' : "'");
        this.mode = { kind: 'quoted', quote: token.quote };
        break;
      case 'number':
        this.take('0');
        break;
      case 'word':
        this.takeWord(text.toString('latin1', at, token.end).toLowerCase(), token.end);
        break;
      case 'odd':
        return this.refuse(token.what);
      case 'sign': {
        const sign = text.toString('latin1', at, token.end);
        if (sign === ';' && this.needsLineEnd() && text.length === token.end) return false;
        this.take(sign);
        this.at = token.end;
        if (sign === ';') this.semicolon();
        return true;
      }
    }
    this.at = token.end;
    return true;
  }

  private take(token: string): void {
    const wrong = take(this.statement, token) ?? wrongWith(this.statement, this.isAmongLargeObjects);
    if (wrong !== undefined) this.refuse(wrong);
  }

  /**
   * In CREATE FUNCTION psql takes any `begin` for the start of the body, even a name. Quotes around the name prevent
   * this.
   */
  private takeWord(word: string, end: number): void {
    const { statement } = this;
    const isName = statement.last === '.' || statement.bodyDepth > 0;
    if (word !== 'begin' || !isName || statement.depth > 0 || !isRoutine(statement)) return this.take(word);
    this.insert(this.at, '"');
    this.take('"');
    this.insert(end, '"');
  }

  private needsLineEnd(): boolean {
    const { tokens, depth } = this.statement;
    return tokens[0] === 'copy' && depth === 0;
  }

  private semicolon(): void {
    const { statement, text } = this;
    if (statement.depth > 0 && !statement.tokens.includes('rule')) this.refuse('a semicolon in brackets');
    if (!endsHere(statement)) return;
    this.keep(this.at);
    const isPassing = isDecided(statement) && !mayBeLeftOut(statement, this.leftOut);
    const whole = isPassing ? undefined : Buffer.concat(this.held).toString('latin1');
    const result = treatmentOf(statement, whole, this.leftOut.tablespaces);
    if ('wrong' in result) return this.refuse(result.wrong);
    const isWanted = this.isUnderWay || whole === undefined || !isLeftOut(statement, whole, this.leftOut);
    const treatment = isWanted ? result.treatment : 'drop';
    if (treatment === 'copy' && text[this.at] !== NEWLINE) this.refuse('something behind COPY');
    if (treatment === 'drop') {
      const [first] = statement.tokens;
      if (first === 'commit' && !this.isAmongLargeObjects) this.refuse('COMMIT');
      if (first === 'begin' || first === 'commit') this.isAmongLargeObjects = first === 'begin';
      this.held = [];
    }
    if (result.text !== undefined) {
      this.settings.remember(result.text);
      this.held = [Buffer.from(`\n${result.text}`, 'latin1')];
    }
    this.release();
    if (treatment === 'copy') this.mode = { kind: 'rows' };
    else if (!runsNothing(statement)) this.guard();
    this.statement = newStatement(this.bytesBefore + this.at);
    this.isUnderWay = false;
  }

  private canWait(): boolean {
    return !this.isUnderWay && this.heldBytes() <= LONGEST_BYTES.leftOut;
  }

  private heldBytes(): number {
    return this.held.reduce((sum, { length }) => sum + length, 0);
  }

  /** A statement that ran may have changed the settings that psql reads by. They are set again before psql reads on. */
  private guard(): void {
    this.held.push(Buffer.from(`\n${this.settings.statement()}\n`, 'latin1'));
    this.release();
  }

  private skipCommand(): boolean {
    const { text, at } = this;
    const end = text.indexOf(NEWLINE, at);
    if (end === -1) return false;
    const line = text.toString('latin1', at, end);
    if (!/^\\(?:un)?restrict [A-Za-z0-9]+$/.test(line)) this.refuse(this.commandAt(at));
    this.keep(at);
    this.at = end;
    this.taken = end;
    return true;
  }

  private commandAt(at: number): string {
    return `the psql command ${/^\\\S?\w*/.exec(this.text.toString('latin1', at, at + 20))?.[0] ?? ''}`;
  }

  private insert(at: number, more: string): void {
    this.keep(at);
    this.held.push(Buffer.from(more));
  }

  private keep(until: number): void {
    if (until > this.taken) this.held.push(this.text.subarray(this.taken, until));
    this.taken = until;
  }

  private release(): void {
    this.out.push(...this.held);
    this.held = [];
  }

  private refuse(what: string): never {
    const where = this.bytesBefore + this.at;
    throw new ArchiveError(`the dump holds something that pg_dump never writes, at byte ${where}: ${what}`, HINT);
  }
}

const HINT = 'Nothing was restored. Write the dump to a file and look at it: --output FILE';
