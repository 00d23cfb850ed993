import { useEffect, useState } from 'preact/hooks';

/** As in the style sheets: below this there is room for one pane at a time. */
const NARROW = '(max-width: 45rem)';

/** Whether one pane is all there is room for; follows the window. */
export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const follow = (): void => setNarrow(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return isNarrow;
}
