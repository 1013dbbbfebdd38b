/**
 * The text of a log as a terminal would show it: a carriage return goes back to the beginning of the line, so that a
 * progress bar stays one line; colours and other control sequences are left out.
 */

/** How many lines are kept; what came before them is left out. */
export const MOST_LINES = 10_000;
/** How many characters are kept in all, for logs of few but endless lines. */
export const MOST_CHARACTERS = 10_000_000;
const MOST_LINE_CHARACTERS = 10_000;
const BLOCK_LINES = 200;

/** Lines that are drawn together. `version` changes with its text. */
export interface LogBlock {
  readonly key: number;
  readonly version: number;
  readonly lines: readonly string[];
}

interface Block extends LogBlock {
  version: number;
  lines: string[];
  characters: number;
}

/** Line ends, carriage returns, backspaces, and the control sequences of terminals (CSI, OSC, and short ones). */

const CONTROL = /(\n|\r|\x08|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]+[0-~]|\x1b[^[\] -/])/;
/** A control sequence whose end may come with the next piece; one that does not end soon is none. */

const UNFINISHED = /\x1b(?:\[[0-?]{0,40}[ -/]{0,4}|\][^\x07\x1b]{0,500}\x1b?|[ -/]{0,4})$/;

const ERASE_LINE = /^\x1b\[([012]?)K$/;

export class LogText {
  /** The lines, oldest first. The last one may go on. */
  get blocks(): readonly LogBlock[] {
    return this._blocks;
  }

  /** Whether lines were dropped at the beginning. */
  get isCut(): boolean {
    return this._isCut;
  }

  get isEmpty(): boolean {
    return this._characters === 0 && this._lineCount === 1;
  }

  get lineCount(): number {
    return this._lineCount;
  }

  /** More of the log. It costs what is new, not what is there. */
  append(text: string): void {
    const whole = this._held + text;
    this._held = UNFINISHED.exec(whole)?.[0] ?? '';
    const complete = whole.slice(0, whole.length - this._held.length);
    // Split by an expression with a group, every second piece is what the group found.
    complete.split(CONTROL).forEach((piece, index) => {
      if (index % 2 === 1) {
        this._obey(piece);
      } else {
        this._write(piece.replaceAll('\x1b', ''));
      }
    });
    this._drop();
  }

  private _obey(control: string): void {
    if (control === '\n') {
      this._startLine();
    } else if (control === '\r') {
      this._column = 0;
    } else if (control === '\b') {
      this._column = Math.max(0, this._column - 1);
    } else {
      this._erase(control);
    }
  }

  private _write(text: string): void {
    for (let rest = text; rest !== '';) {
      if (this._column >= MOST_LINE_CHARACTERS) {
        this._startLine();
      }
      const fitting = rest.slice(0, MOST_LINE_CHARACTERS - this._column);
      const line = this._line;
      const end = this._column + fitting.length;
      this._line = line.slice(0, this._column) + fitting + line.slice(end);
      this._column = end;
      rest = rest.slice(fitting.length);
    }
  }

  private _erase(sequence: string): void {
    const which = ERASE_LINE.exec(sequence)?.[1];
    if (which === undefined) {
      return;
    }
    const before = this._line.slice(0, this._column);
    if (which === '1' || which === '2') {
      this._line = ' '.repeat(before.length) + (which === '1' ? this._line.slice(this._column) : '');
    } else {
      this._line = before;
    }
  }

  private _startLine(): void {
    this._column = 0;
    if (this._last.lines.length < BLOCK_LINES) {
      this._last.lines.push('');
      this._last.version++;
    } else {
      this._last = newBlock(this._last.key + 1);
      this._blocks.push(this._last);
    }
    this._lineCount++;
  }

  private _drop(): void {
    while (this._lineCount > MOST_LINES || (this._characters > MOST_CHARACTERS && this._blocks.length > 1)) {
      const dropped = this._blocks.shift();
      this._lineCount -= dropped?.lines.length ?? 0;
      this._characters -= dropped?.characters ?? 0;
      this._isCut = true;
    }
  }

  private get _line(): string {
    return this._last.lines[this._last.lines.length - 1] ?? '';
  }

  private set _line(line: string) {
    const grown = line.length - this._line.length;
    this._last.lines[this._last.lines.length - 1] = line;
    this._last.characters += grown;
    this._last.version++;
    this._characters += grown;
  }

  private _held = '';
  private _column = 0;
  private _last = newBlock(0);
  private readonly _blocks: Block[] = [this._last];
  private _lineCount = 1;
  private _characters = 0;
  private _isCut = false;
}

function newBlock(key: number): Block {
  return { key, version: 0, lines: [''], characters: 0 };
}
