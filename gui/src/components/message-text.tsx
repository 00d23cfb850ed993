import { useMemo, useState } from 'preact/hooks';
import { splitLinks } from '../text/links.ts';
import { foldText } from '../text/message.ts';
import { showSteering } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';

/** What somebody wrote: as text, with links, folded when it is long (G9). */
export function MessageText({ text }: Readonly<{ text: string }>) {
  const { t } = useWords();
  const [isUnfolded, unfold] = useState(false);
  const whole = useMemo(() => showSteering(text), [text]);
  const folded = useMemo(() => foldText(whole), [whole]);
  const shown = folded === undefined || isUnfolded ? whole : folded;
  const parts = useMemo(() => splitLinks(shown), [shown]);
  return (
    <>
      <bdi class="message-text">
        {parts.map((part, index) =>
          part.type === 'text' ? (
            part.text
          ) : (
            <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
              {part.text}
            </a>
          ),
        )}
      </bdi>
      {folded !== undefined && (
        <button
          type="button"
          class="link-button"
          aria-expanded={isUnfolded}
          onClick={() => unfold(!isUnfolded)}
        >
          {t(isUnfolded ? 'message.less' : 'message.more')}
        </button>
      )}
    </>
  );
}
