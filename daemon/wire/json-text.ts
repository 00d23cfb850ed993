/** What JSON takes as it is: nothing to be escaped, and no half of a character that might be alone. */
const BARE = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/**
 * JSON text of a string, the same as by `JSON.stringify`: at a third of the time where nothing has to be escaped, which is
 * nearly always. Ciphertexts are long, and messages are many.
 */
export function quoteJson(text: string): string {
  return BARE.test(text) ? `"${text}"` : JSON.stringify(text);
}
