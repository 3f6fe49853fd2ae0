import type { B2Client } from './client.ts';

/** What pgbak does with each capability, beyond storing (https://www.backblaze.com/docs/cloud-storage-application-keys). */
const USES: readonly [capability: string, withoutIt: string][] = [
  [
    'listFiles',
    'it may not list files (listFiles): pgbak cannot see what is stored, verify it, prune it, or find what a broken line left',
  ],
  ['readFiles', 'it may not read files (readFiles): restore and verify need another key'],
];

/** What will not work with the application key, a sentence each. To store alone, and not to remove, is what we recommend. */
export async function limitsOfKey(client: B2Client, signal: AbortSignal): Promise<string[]> {
  const { capabilities } = (await client.session(signal)).allowed;
  return USES.flatMap(([capability, sentence]) => (capabilities.includes(capability) ? [] : [sentence]));
}
