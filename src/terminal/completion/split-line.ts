/**
 * The words of a command line up to the cursor, as a shell would take them apart; the last one is what is being typed. Text behind
 * a quote that is still open is part of it.
 */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  let isWord = false;
  for (let i = 0; i < line.length; i += 1) {
    const letter = line[i] ?? '';
    if (letter === '\\' && quote !== "'") {
      word += line[(i += 1)] ?? '';
      isWord = true;
    } else if (letter === quote) {
      quote = '';
    } else if (quote === '' && (letter === '"' || letter === "'")) {
      quote = letter;
      isWord = true;
    } else if (quote === '' && /\s/.test(letter)) {
      if (isWord) words.push(word);
      word = '';
      isWord = false;
    } else {
      word += letter;
      isWord = true;
    }
  }
  return [...words, word];
}
