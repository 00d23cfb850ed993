import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { createWords, type Words } from './words.ts';

/** The words in use. The one thing that every component needs, so it comes by context and not through props. */
export const WordsContext = createContext<Words | undefined>(undefined);

/** The words in use; English where nobody said otherwise. */
export function useWords(): Words {
  return useContext(WordsContext) ?? createWords('en');
}
