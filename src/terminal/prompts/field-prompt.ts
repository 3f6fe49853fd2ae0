import { styleText } from 'node:util';
import { createPrompt, isEnterKey, makeTheme, useEffect, useKeypress, usePrefix, useState } from '@inquirer/core';
import { fittedLines } from './fitted.ts';
import { promptContext } from '../../system/interruption.ts';

export interface FieldPromptConfig {
  message: string;
  /** What Enter on an empty line stands for, as it is shown: `24`, `from B2_BUCKET`. */
  emptyMeans?: string;
  /** An example of the format, shown until something is typed. */
  example?: string | undefined;
  /** Stands in the line to be edited. */
  prefill?: string;
  /** Shown as asterisks until ctrl-t. */
  isSecret?: boolean;
  /** Why a text will not do; asked at every key. An empty line that stands for something is not asked about. */
  problemOf: (text: string) => string | undefined;
}

/**
 * Asks for one text and tells while it is typed what is wrong with it. Inquirer's own prompts judge only what was
 * entered, and a rejected secret has to be typed again from its first character.
 */
const prompt = createPrompt<string, FieldPromptConfig>((config, done) => {
  const { message, emptyMeans, example, prefill = '', isSecret = false, problemOf } = config;
  const theme = makeTheme({});
  const [status, setStatus] = useState<'idle' | 'done'>('idle');
  const [text, setText] = useState(prefill);
  const [isShown, setShown] = useState(false);
  const [wasRefused, setRefused] = useState(false);
  const prefix = usePrefix({ status, theme });

  const problem = text === '' && emptyMeans !== undefined ? undefined : problemOf(text);

  // Into the line itself, so that it can be edited instead of typed again.
  useEffect((readline) => {
    if (prefill !== '') readline.write(prefill);
  }, []);
  useKeypress((key, readline) => {
    if (isEnterKey(key)) {
      // Enter clears readline's own line, which a refused text has to get back.
      if (problem === undefined) {
        setStatus('done');
        done(text);
      } else {
        readline.write(text);
        setRefused(true);
      }
    } else if (isSecret && key.ctrl && key.name === 't') {
      setShown(!isShown);
    } else {
      setText(readline.line);
      setRefused(false);
    }
  });

  const shown = isSecret && !isShown ? '*'.repeat(text.length) : text;
  const placeholder = text === '' && emptyMeans !== undefined ? styleText('dim', ` (${emptyMeans})`) : '';
  const question = `${prefix} ${theme.style.message(message, status)}${placeholder}`;
  if (status === 'done') return `${question} ${styleText('cyan', isSecret ? shownWhenDone(text) : text)}`;
  const complaint = problem !== undefined && (text !== '' || wasRefused) ? styleText('red', `> ${problem}`) : '';
  const help = isSecret && text !== '' ? styleText('dim', `ctrl-t ${isShown ? 'hides' : 'shows'} it`) : '';
  const sample = example !== undefined && text === '' ? styleText('dim', `for example: ${example}`) : '';
  const below = [complaint, sample, help].filter((part) => part !== '').join('\n');
  return [`${question} ${shown}`, fittedLines(below)];
});

export function fieldPrompt(config: FieldPromptConfig): Promise<string> {
  return prompt(config, promptContext());
}

/** The length of a secret is hidden as well. */
function shownWhenDone(text: string): string {
  return text === '' ? '' : '********';
}
