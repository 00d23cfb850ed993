/** Arrow keys go from the field to the first link of the list below it, from link to link, and back. */
export function stepLinks(event: KeyboardEvent, within: Element | null): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  if (event.altKey || event.ctrlKey || event.metaKey || within === null) return;
  const stops = [...within.querySelectorAll<HTMLElement>('input, li > a')];
  const index = stops.findIndex((stop) => stop === event.target);
  const next = stops[index + (event.key === 'ArrowDown' ? 1 : -1)];
  if (index === -1 || next === undefined) return;
  event.preventDefault();
  next.focus();
}
