/** A text for stderr, broken between words where that is a terminal; as it is for everybody else. */
export async function wrapped(text: string): Promise<string> {
  if (!process.stderr.isTTY) return text;
  const { wrapAnsi } = await import('fast-wrap-ansi');
  return wrapAnsi(text, process.stderr.columns || 80, { hard: true });
}
