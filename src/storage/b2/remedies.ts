import { editCommand } from '../../core/server-hint.ts';

// Where a user corrects the settings of B2. The prompts, which ask for them, put their own words in the place of these.

export const KEYS_ARE_IN = `B2_KEY_ID and B2_APP_KEY, or: ${editCommand('--b2-key-id ID --b2-app-key file:/path/to/key')}`;
export const BUCKET_IS_IN = `B2_BUCKET, or: ${editCommand('--b2-bucket my-bucket')}`;
