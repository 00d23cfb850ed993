/** The members that have a value; the others are left out, as if never named. */
export type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** Leaves out the members that are `undefined`: "not mentioned" is not the same as "to be removed". */
export function given<Fields extends object>(fields: Fields): Given<Fields> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  // Filtering entries keeps names and values together, which the compiler can't see.
  return Object.fromEntries(entries) as Given<Fields>;
}
