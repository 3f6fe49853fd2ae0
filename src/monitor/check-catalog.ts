import type { CatalogHealth } from '../catalog/health.ts';
import type { ExposedDirectory } from '../catalog/exposed-directory.ts';
import { CATALOGUE, type Finding } from './findings.ts';

export function checkCatalog(health: CatalogHealth, exposed: ExposedDirectory | undefined): Finding[] {
  return [
    ...checkFile(health),
    ...(exposed === undefined ? [] : [{ about: CATALOGUE, level: 'warning' as const, ...exposed }]),
  ];
}

function checkFile(health: CatalogHealth): Finding[] {
  const { path } = health;
  switch (health.kind) {
    case 'earlier': {
      const message = `${path} is of the earlier program`;
      return [
        { about: CATALOGUE, level: 'warning', message, hint: 'Any other command adopts it, after a copy: pgbak list' },
      ];
    }
    case 'absent':
    case 'unusable': {
      const hint = health.hint === undefined ? {} : { hint: health.hint };
      return [{ about: CATALOGUE, level: 'problem', message: health.message, ...hint }];
    }
    case 'current': {
      const { mode, schema, damage } = health;
      const [damaged] = damage;
      const octal = mode.toString(8).padStart(4, '0');
      const permissions: Finding =
        (mode & 0o077) === 0
          ? { about: CATALOGUE, level: 'ok', message: `${path}, mode ${octal}, schema ${schema}` }
          : {
              about: CATALOGUE,
              level: 'warning',
              message: `${path} has mode ${octal}: others may read the secrets in it`,
              hint: `chmod 600 ${path}`,
            };
      const integrity: Finding =
        damaged === undefined
          ? { about: CATALOGUE, level: 'ok', message: 'integrity check passed' }
          : {
              about: CATALOGUE,
              level: 'problem',
              message: `damaged: ${damaged}`,
              hint: `Restore a copy of it, or recover what is left: sqlite3 ${path} .recover`,
            };
      return [permissions, integrity];
    }
  }
}
