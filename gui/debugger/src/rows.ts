/** Lists of elements that change often: what stays the same is not touched, so that one can click on it. */

/** How elements come about, one for each key. */
export type RowKind<Item> = Readonly<{
  keyOf: (item: Item) => string;
  create: (item: Item) => HTMLElement;
  /** Shows what is different; unless given, an item with the same key is the same. */
  update?: (row: HTMLElement, item: Item) => void;
}>;

/** Gives what shows so many items, in their order, below one element. */
export function createRows<Item>(
  parent: HTMLElement,
  { keyOf, create, update }: RowKind<Item>,
): (items: readonly Item[]) => void {
  let rows = new Map<string, HTMLElement>();
  return (items) => {
    const shown = new Map<string, HTMLElement>();
    for (const item of items) {
      const key = keyOf(item);
      const row = rows.get(key) ?? create(item);
      if (rows.has(key)) update?.(row, item);
      shown.set(key, row);
    }
    for (const [key, row] of rows) if (!shown.has(key)) row.remove();
    rows = shown;
    arrange(parent, [...shown.values()]);
  };
}

/** Puts in what is missing and moves what is elsewhere; nothing else is below the parent. */
function arrange(parent: HTMLElement, rows: readonly HTMLElement[]): void {
  let place = parent.firstElementChild;
  for (const row of rows) {
    if (row === place) place = place.nextElementSibling;
    else parent.insertBefore(row, place);
  }
}
