import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Words } from './words.ts';

/** The words in use. The one thing that every component needs, so it comes by context and not through props. */
export const WordsContext = createContext<Words | undefined>(undefined);

/** The words in use; nothing is drawn before they are there. */
export function useWords(): Words {
  const words = useContext(WordsContext);
  if (words === undefined) throw new TypeError('there are no words here');
  return words;
}
