/** Looks up texts by their names, and puts values into them. */

type Tree = Readonly<{ [name: string]: string | Tree }>;

/**
 * The text of a name like `room.people`. With a count it is the form for that many, `people_few` say; a text that has no
 * such forms is the same for all counts. A name that there is no text for comes back as it is.
 */
export function findText(
  texts: Tree,
  name: string,
  count: string | number | undefined,
  plurals: Pick<Intl.PluralRules, 'select'>,
): string {
  const path = name.split('.');
  const last = path.pop() ?? '';
  let place: string | Tree | undefined = texts;
  for (const part of path) place = typeof place === 'object' ? place[part] : undefined;
  if (typeof place !== 'object') return name;
  const form = typeof count === 'number' ? place[`${last}_${plurals.select(count)}`] : undefined;
  const text = form ?? place[last];
  return typeof text === 'string' ? text : name;
}

/** The text with values in the places of `{{name}}`. What looks like a place inside a value is none. */
export function fillText(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ''));
}
