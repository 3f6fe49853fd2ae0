/** The settings that psql and the server read a dump by, as the dump has made them so far. */
export class ReadingSettings {
  conforming = 'on';
  private encoding = "'UTF8'";
  private hasEmptyPath = false;

  /** Takes a setting as it goes to psql. */
  remember(setting: string): void {
    const [, name, value = ''] = /^SET LOCAL (\w+) = (.*);$/.exec(setting) ?? [];
    if (name === 'client_encoding') this.encoding = `'${value.replaceAll("'", '')}'`;
    else if (name === 'standard_conforming_strings') this.conforming = value.replaceAll("'", '');
    else if (setting.includes("'search_path', ''")) this.hasEmptyPath = true;
  }

  /** Sets them again: what ran could have changed them. */
  statement(): string {
    const set = (name: string, value: string) => `pg_catalog.set_config('${name}', ${value}, true)`;
    const settings = [
      set('client_encoding', this.encoding),
      set('standard_conforming_strings', `'${this.conforming}'`),
      ...(this.hasEmptyPath ? [set('search_path', "''")] : []),
    ];
    return `SELECT ${settings.join(', ')};`;
  }
}
