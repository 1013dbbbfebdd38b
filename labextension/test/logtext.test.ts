import { expect, test } from 'vitest';

import { LogText, MOST_CHARACTERS, MOST_LINES } from '../src/logtext';

function linesOf(text: LogText): string[] {
  return text.blocks.flatMap(block => block.lines);
}

function shown(...pieces: string[]): string[] {
  const text = new LogText();
  pieces.forEach(piece => {
    text.append(piece);
  });
  return linesOf(text);
}

test('lines are lines, wherever the pieces end', () => {
  expect(shown('one\ntw', 'o\n', '\nfour')).toEqual(['one', 'two', '', 'four']);
});

test('a log without text is empty, also one of empty lines is not', () => {
  const text = new LogText();
  expect(text.isEmpty).toBe(true);
  text.append('\n');
  expect(text.isEmpty).toBe(false);
});

test('a carriage return goes over the line again', () => {
  expect(shown('  0%|    |', '\r 50%|##  |', '\r100%|####|\n', 'done')).toEqual(['100%|####|', 'done']);
});

test('what a shorter text does not cover stays, as in a terminal', () => {
  expect(shown('abcdef\rxy')).toEqual(['xycdef']);
});

test('line ends of other systems make one line end', () => {
  expect(shown('one\r\ntwo\r', '\nthree')).toEqual(['one', 'two', 'three']);
});

test('a backspace goes back by one', () => {
  expect(shown('10\b\b20', '\b\b\b\b3')).toEqual(['30']);
});

test('colours are left out, also where a piece ends within one', () => {
  expect(shown('\x1b[1;31mred\x1b[0m', ' \x1b', '[3', '2mgreen\x1b[m\n')).toEqual(['red green', '']);
});

test('titles and links of terminals are left out', () => {
  expect(shown('\x1b]0;title\x07a', '\x1b]8;;http://x\x1b', '\\b\x1b]8;;\x1b\\', '\x1b(B!')).toEqual(['ab!']);
});

test('erasing a line erases it', () => {
  expect(shown('downloading 10%\r\x1b[Kdone')).toEqual(['done']);
  expect(shown('abcdef\rab\x1b[0Kx')).toEqual(['abx']);
  expect(shown('abc\x1b[2K\rx')).toEqual(['x  ']);
  expect(shown('abcdef\rab\x1b[1K')).toEqual(['  cdef']);
});

test('an escape that is none is shown in the end', () => {
  expect(shown(`\x1b]${'x'.repeat(2000)}`)[0]).toContain('x'.repeat(2000));
});

test('the last lines are kept, and it is known that others were left out', () => {
  const text = new LogText();
  text.append(Array.from({ length: MOST_LINES }, (_, number) => `line ${number}`).join('\n'));
  expect([text.lineCount, text.isCut]).toEqual([MOST_LINES, false]);
  text.append('\none more\nand another');
  const lines = linesOf(text);
  expect(text.isCut).toBe(true);
  expect(lines.length).toBe(text.lineCount);
  expect(lines.length).toBeLessThanOrEqual(MOST_LINES);
  expect(lines.length).toBeGreaterThan(MOST_LINES * 0.95);
  expect(lines.slice(-3)).toEqual([`line ${MOST_LINES - 1}`, 'one more', 'and another']);
});

test('endless lines are broken, and do not fill the memory', () => {
  const text = new LogText();
  for (let count = 0; count < 30; count++) {
    text.append('x'.repeat(1_000_000));
  }
  const kept = linesOf(text).reduce((sum, line) => sum + line.length, 0);
  expect(Math.max(...linesOf(text).map(line => line.length))).toBeLessThanOrEqual(10_000);
  expect(kept).toBeLessThanOrEqual(MOST_CHARACTERS);
  expect(text.isCut).toBe(true);
});

test('only blocks with new text get a new version', () => {
  const text = new LogText();
  text.append('line\n'.repeat(1000));
  const before = text.blocks.map(block => block.version);
  text.append('more');
  const changed = text.blocks.filter((block, index) => block.version !== before[index]);
  expect(changed).toEqual([text.blocks.at(-1)]);
});

test('appending costs what is new', () => {
  const text = new LogText();
  text.append('x\n'.repeat(MOST_LINES - 1));
  const started = performance.now();
  for (let count = 0; count < 20_000; count++) {
    text.append(`\r${count}%`);
  }
  expect(linesOf(text).at(-1)).toBe('19999%');
  expect(performance.now() - started).toBeLessThan(2000);
});
