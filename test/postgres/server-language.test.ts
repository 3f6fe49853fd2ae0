import { expect, test } from '@jest/globals';
import { inEnglish } from '../../src/postgres/server-words.ts';
import { TRANSLATIONS } from '../../src/postgres/translations.ts';

test.each([
  ['FATAL:  Datenbank »nodb« existiert nicht', 'FATAL:  database "nodb" does not exist'],
  ["FATAL:  la base de données « no db » n'existe pas", 'FATAL:  database "no db" does not exist'],
  ['FATAL:  データベース"$& x"は存在しません', 'FATAL:  database "$& x" does not exist'],
  ['FEHLER:  keine Berechtigung für Tabelle t detail: x', 'FEHLER:  permission denied for table t detail: x'],
  ['오류:  orders 테이블에 대한 접근 권한 없음', '오류:  permission denied for table orders'],
  ['ERROR:  relation "a" does not exist', 'ERROR:  relation "a" does not exist'],
])('%s is understood', (words, english) => {
  expect(inEnglish(words)).toBe(english);
});

test('every sentence that is known has its one meaning', () => {
  const all = Object.entries(TRANSLATIONS).flatMap(([english, others]) => others.map((other) => [english, other]));
  const meant = all.map(([english, other = '']) => [english, inEnglish(other.replace('%s', 'name_1'))]);
  expect(meant).toEqual(meant.map(([english = '']) => [english, english.replace('%s', 'name_1')]));
});
