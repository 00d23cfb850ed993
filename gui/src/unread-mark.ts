/** Unread messages outside the page: in the title, in the icon of the tab, on the installed app. */

/** Shows how much is unread. */
export function markUnread(count: number, title: string): void {
  document.title = count > 0 ? `(${count}) ${title}` : title;
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const href = count > 0 ? '/icon-unread.svg' : '/icon.svg';
  if (icon !== null && !icon.href.endsWith(href)) icon.href = href;
  if (!('setAppBadge' in navigator)) return;
  const done = count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge();
  // Only installed apps have a badge; where there is none, nobody misses it.
  done.catch(() => undefined);
}
