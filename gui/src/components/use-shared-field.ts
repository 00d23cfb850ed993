import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Edit } from '../../../daemon/wire/edits.ts';
import { movePlace } from '../../client/parts.ts';
import type { Typing } from '../../client/sequence-topic.ts';

/** Tells what others do to the text of a field. @returns What takes the listener away again. */
export type FollowEdits = (listener: (edits: readonly Edit[]) => void) => () => void;

type Selection = Readonly<{ start: number; end: number }>;

export type SharedFieldOptions = Readonly<{
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  followEdits: FollowEdits;
  onInput: (text: string, typing: Typing) => void;
}>;

/**
 * A field whose text others edit as well: the cursor stays where it was in the text, and letters that are being composed (with
 * an accent, or in Chinese) are not disturbed.
 */
export function useSharedField({ field, text, followEdits, onInput }: SharedFieldOptions) {
  const [isComposing, setComposing] = useState(false);
  /** What is in the field, which others may be ahead of. */
  const shown = useRef(text);
  if (!isComposing) shown.current = text;
  useSelection(field, followEdits);

  return {
    value: shown.current,
    onInput: (event: { currentTarget: HTMLTextAreaElement }): void => {
      const { value, selectionEnd } = event.currentTarget;
      const before = shown.current;
      shown.current = value;
      onInput(value, { before, cursor: selectionEnd });
    },
    onCompositionStart: () => setComposing(true),
    onCompositionEnd: () => setComposing(false),
  };
}

/** Keeps the selection on the text that was selected. */
function useSelection(
  field: RefObject<HTMLTextAreaElement | null>,
  followEdits: FollowEdits,
): void {
  const moved = useRef<Selection | undefined>(undefined);

  useEffect(
    () =>
      followEdits((edits) => {
        const element = field.current;
        if (element === null) return;
        const { start, end } = moved.current ?? selectionOf(element);
        moved.current = {
          start: movePlace(start, edits, start < end),
          end: movePlace(end, edits),
        };
      }),
    [followEdits],
  );

  // After each drawing: a browser puts the cursor to the end of a text that was set.
  useLayoutEffect(() => {
    const selection = moved.current;
    moved.current = undefined;
    if (selection === undefined || document.activeElement !== field.current) return;
    field.current?.setSelectionRange(selection.start, selection.end);
  });
}

function selectionOf({ selectionStart, selectionEnd }: HTMLTextAreaElement): Selection {
  return { start: selectionStart, end: selectionEnd };
}
