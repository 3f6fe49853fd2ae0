import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { redact, redactRare, Secret } from '../../src/core/secret.ts';

describe('a secret', () => {
  const secret = new Secret('s3cret pa$$');

  test('prints as [hidden] in a template, in JSON and under inspect', () => {
    expect(String(secret)).toBe('[hidden]');
    expect(JSON.stringify({ secret })).toBe('{"secret":"[hidden]"}');
    expect(inspect({ deep: [secret] }, { showHidden: true, depth: 9 })).not.toContain('s3cret');
  });

  test('gives its text only when revealed', () => {
    expect(secret.reveal()).toBe('s3cret pa$$');
  });
});

describe('redact', () => {
  test.each([
    ['as it is', 'auth "p w%ü\'\\x" failed'],
    ['percent-encoded', `postgresql://u:${encodeURIComponent("p w%ü'\\x")}@h/d`],
    ['percent-encoded in lower case', `postgresql://u:${encodeURIComponent("p w%ü'\\x").toLowerCase()}@h/d`],
    ['escaped for a key/value string', "password='p w%ü\\'\\\\x'"],
    ['escaped for JSON', JSON.stringify({ password: "p w%ü'\\x" })],
  ])('hides a secret %s', (_form, text) => {
    expect(redact(text, [new Secret("p w%ü'\\x")])).not.toMatch(/p( |%20)w|x'?$/);
  });

  test('hides the longer of two secrets that contain each other whole', () => {
    expect(redact('1234abcdef', [new Secret('1234abcd'), new Secret('1234abcdef')])).toBe('[hidden]');
  });

  test.each([
    ['password', 'Wrong password?'],
    ['pass', 'Wrong password?'],
    ['shop', 'no database "shop"'],
    ['n', 'role "n" does not exist'],
    ['5432', 'port 5432 failed'],
  ])('leaves no gap that tells the secret %s', (secret, line) => {
    expect(redact(`first\n${line}`, [new Secret(secret)])).toBe('first\n[hidden: it holds a secret]');
    expect(redactRare(line, [new Secret(secret)])).toBe(line);
  });

  test('leaves a text alone that holds a short secret only within its words', () => {
    expect(redact('Cannot open', [new Secret('n')])).toBe('Cannot open');
  });

  test('leaves a text alone when a secret is empty', () => {
    expect(redact('abc', [new Secret('')])).toBe('abc');
  });
});
