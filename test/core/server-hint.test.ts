import { expect, test } from '@jest/globals';
import { aboutServer, ConfigError, describeFailure } from '../../src/core/errors.ts';
import { editCommand, serverCommand } from '../../src/core/server-hint.ts';

const error = () =>
  new ConfigError('the disk is full', `Choose another one: ${editCommand('--destination file:/other')}`);

test('a hint names the server that the failure is about, as a shell takes it', () => {
  expect(error().about('shop').hint).toBe('Choose another one: pgbak edit shop --destination file:/other');
  expect(error().about("Ann's $& shop").hint).toBe(
    String.raw`Choose another one: pgbak edit 'Ann'\''s $& shop' --destination file:/other`,
  );
});

test('a hint about no stored server has only the flags', () => {
  expect(error().hint).toBe('Choose another one: --destination file:/other');
});

test('a described failure names its server', async () => {
  expect(describeFailure(error(), [], 'shop').hint).toMatch(/: pgbak edit shop --destination/);
  const failed = aboutServer('shop', () =>
    Promise.reject(new ConfigError('it grew', `If that is right: ${serverCommand('run', '--force')}`)),
  );
  await expect(failed).rejects.toMatchObject({ hint: 'If that is right: pgbak run shop --force' });
});
