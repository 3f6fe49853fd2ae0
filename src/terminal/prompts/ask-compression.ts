import { select } from '@inquirer/prompts';
import type { ServerInput } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';
import { fittedLines } from './fitted.ts';
import { askField } from './ask-fields.ts';
import type { Asking } from './asking.ts';

const OTHER = 'another';

/** Measured by docs/benchmarks.md, with 500 MB of SQL. */
const METHODS = [
  ['lzma2:1', 'Any 7-Zip opens it. Takes about twice the time of the bare dump.'],
  [
    'zstd:3',
    'Half the time of lzma2:1, a third of its processor time; archives 4 to 10 % larger. Opened by 7-Zip and then zstd.',
  ],
  ['lzma2:6', 'A fifth to a quarter smaller than lzma2:1; takes 45 times as long. Any 7-Zip opens it.'],
  ['ppmd', 'A third to a half smaller than lzma2:1; takes 2 to 3 times as long. Any 7-Zip opens it.'],
  ['none', 'For archives that shrink no further. Any 7-Zip opens it.'],
] as const;

/** Lets a person choose a method by what it costs. */
export async function askCompression(answers: ServerInput, { fieldsOf }: Asking): Promise<void> {
  const { compression } = fieldsOf(answers);
  const known = METHODS.some(([method]) => method === compression);
  const method = await select<string>(
    {
      message: 'Compression',
      choices: [
        ...METHODS.map(([value, description]) => ({
          value,
          name: value === 'lzma2:1' ? `${value} (default)` : value,
          short: value,
          description: fittedLines(description),
        })),
        {
          value: OTHER,
          description: fittedLines('lzma2:1 (fast) to lzma2:9 (small), zstd:1 (fast) to zstd:19 (small).'),
        },
      ],
      default: known ? compression : OTHER,
    },
    promptContext(),
  );
  answers.compression = method === OTHER ? await askField('compression', { prefill: compression }) : method;
}
