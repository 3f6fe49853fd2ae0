import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/core/secret.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { parseConnection } from '../../src/postgres/connection.ts';

const parse = (text: string) => parseConnection(new Secret(text));

describe('a connection string', () => {
  test.each([
    ['postgresql://app:s3cret@db.example/shop', 'postgresql://app@db.example/shop', 's3cret', 'shop on db.example'],
    [
      'postgres://app@db.example:5433/shop',
      'postgres://app@db.example:5433/shop',
      undefined,
      'shop on db.example:5433',
    ],
    ['postgresql://u:a%20b%22%27%24%3B%5C%25%C3%A9@h/d', 'postgresql://u@h/d', `a b"'$;\\%é`, 'd on h'],
    ['postgresql://u:a:b@h/d', 'postgresql://u@h/d', 'a:b', 'd on h'],
    ['postgresql://u:a?b#c@h/d', 'postgresql://u@h/d', 'a?b#c', 'd on h'],
    ['postgresql://u:@h/d', 'postgresql://u@h/d', undefined, 'd on h'],
    ['postgresql://:pw@h/d', 'postgresql://@h/d', 'pw', 'd on h'],
    ['postgresql:///shop?host=/run/pg&password=pw', 'postgresql:///shop?host=/run/pg', 'pw', 'shop on /run/pg'],
    ['postgresql://%2Frun%2Fpg/shop', 'postgresql://%2Frun%2Fpg/shop', undefined, 'shop on /run/pg'],
    [
      'postgresql://a:1,b:2/shop?target_session_attrs=any',
      'postgresql://a:1,b:2/shop?target_session_attrs=any',
      undefined,
      'shop on a:1, b:2',
    ],
    [
      'postgresql://[::1]:5432/shop?sslmode=require',
      'postgresql://[::1]:5432/shop?sslmode=require',
      undefined,
      'shop on ::1:5432',
    ],
    ['postgresql://u:p@h/d?password=wins&sslmode=disable', 'postgresql://u@h/d?sslmode=disable', 'wins', 'd on h'],
    ['postgresql://', 'postgresql://', undefined, 'the default database'],
    ['host=h dbname=shop', "host='h' dbname='shop'", undefined, 'shop on h'],
    [`host = h password = 'a b\\'c\\\\d' dbname='my shop'`, `host='h' dbname='my shop'`, `a b'c\\d`, 'my shop on h'],
    ['password=a\\ b\\\\c host=/run', "host='/run'", 'a b\\c', 'the default database on /run'],
    ["user='' dbname=d", "user='' dbname='d'", undefined, 'd'],
    ['service=shop', "service='shop'", undefined, 'service shop'],
    ["options='-c search_path=a' dbname=d", "options='-c search_path=a' dbname='d'", undefined, 'd'],
    ['postgresql://u?x:pw@h/d', 'postgresql://u%3Fx@h/d', 'pw', 'd on h'],
    ['postgresql://h/d?sslmode=disable&', 'postgresql://h/d?sslmode=disable', undefined, 'd on h'],
    ["user='a'dbname=d", "user='a' dbname='d'", undefined, 'd'],
    ['password=first dbname=d password=', "dbname='d'", undefined, 'd'],
    ["password=it's dbname=d", "dbname='d'", "it's", 'd'],
    ['  dbname=d  ', "dbname='d'", undefined, 'd'],
  ])('%s leaves %s for the command line', (text, conninfo, password, label) => {
    const connection = parse(text);
    expect(connection.conninfo).toBe(conninfo);
    expect(connection.password?.reveal()).toBe(password);
    expect(connection.label).toBe(label);
  });

  test.each([
    ['postgresql://u:p@ss-s3cret@h/d', 'one @ too many'],
    ['postgresql://u:p/ss-s3cret@h/d', 'one @ too many'],
    ['postgresql://u:s3cret%zz@h/d', 'two hexadecimal digits'],
    ['postgresql://u:s3cret%00@h/d', 'NUL'],
    ['postgresql://u:s3cret%ff@h/d', 'UTF-8'],
    ['postgresql://u@h/d?s3cret', 'question mark'],
    ['shop-s3cret', 'neither'],
    ['', 'empty'],
    ["password='s3cret", 'a quote'],
    ["password='s3cret'x", 'neither'],
    ['s3cret dbname=x', 'neither'],
    ['https://h/s3cret', 'neither'],
    ['postgresql://h/d?sslpassword=s3cret', 'sslpassword'],
    ['scram_client_key=s3cret dbname=d', 'scram_client_key'],
    ['host= password=s3cret dbname=d', 'a parameter without a value before password='],
    ['postgresql://h?password=a@s3cret&user=u', 'one @ too many'],
    ['dbname=d pasword=s3cret', 'parameter 2 .* does not know'],
    ['postgresql://u:12/a?s3cret=b@h/d', 'question mark|does not know'],
    ['postgresql://h/d?s3cret=1', 'parameter 3 .* does not know'],
    ['dbname=d password=s3cret\0x', 'NUL'],
  ])('%s is refused without being repeated {secret@connect}', (text, reason) => {
    expect(() => parse(text)).toThrow(ConfigError);
    expect(() => parse(text)).toThrow(new RegExp(reason));
    let said = '';
    try {
      parse(text);
    } catch (error) {
      said = `${String(error)} ${JSON.stringify(error)}`;
    }
    expect(said).toContain('ConfigError');
    expect(said).not.toContain('s3cret');
  });
});
