import type { Storage, StoredObject } from './storage.ts';

/**
 * A storage whose names all begin with `PREFIX/`. Those who use it give and get the names behind it, so that an archive keeps its
 * name wherever it lies. It has the optional abilities of the storage behind it.
 */
export function withPrefix(storage: Storage, prefix: string): Storage {
  const full = (name: string) => `${prefix}/${name}`;
  const named = <Named extends { name: string }>(object: Named): Named => ({ ...object, name: full(object.name) });
  const bare = <Named extends StoredObject>(object: Named): Named => ({
    ...object,
    name: object.name.slice(prefix.length + 1),
  });
  const made: Storage = {
    place: `${storage.place}/${prefix}`,
    prepare: async (name, signal) => await storage.prepare(full(name), signal),
    check: async (name, signal) => await storage.check(full(name), signal),
    put: async (name, file, options) => bare(await storage.put(full(name), file, options)),
    get: async (object, signal) => await storage.get(named(object), signal),
    sumNoteOf: async (object) => await storage.sumNoteOf(object),
    async *list(start, signal) {
      for await (const object of storage.list(full(start), signal)) yield bare(object);
    },
    remove: async (object, signal) => await storage.remove(named(object), signal),
    sweep: async (name, signal) => await storage.sweep(full(name), signal),
  };
  const limits = storage.limits?.bind(storage);
  const lifecycle = storage.lifecycle?.bind(storage);
  const probe = storage.probe?.bind(storage);
  const putGrowing = storage.putGrowing?.bind(storage);
  const clone = storage.clone?.bind(storage);
  const find = storage.find?.bind(storage);
  if (limits !== undefined) made.limits = limits;
  if (lifecycle !== undefined) made.lifecycle = async (name, signal) => await lifecycle(full(name), signal);
  if (clone !== undefined) made.clone = clone;
  if (probe !== undefined) made.probe = async (name, signal) => await probe(full(name), signal);
  if (putGrowing !== undefined) {
    made.putGrowing = async (name, file, options) => bare(await putGrowing(full(name), file, options));
  }
  if (find !== undefined) {
    made.find = async (object) => {
      const found = await find(object);
      return found === undefined ? undefined : bare(found);
    };
  }
  return made;
}
