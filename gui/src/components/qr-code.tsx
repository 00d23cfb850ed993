import { useMemo } from 'preact/hooks';
import { encode } from 'uqr';

/** Light modules around the code, without which cameras do not find it. Source: ISO/IEC 18004. */
const QUIET_ZONE = 4;

/** A QR code, drawn here: nobody else learns what is in it. */
export function QrCode({ text, label }: Readonly<{ text: string; label: string }>) {
  const { size, path } = useMemo(() => draw(text), [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <path d={path} />
    </svg>
  );
}

/** All dark modules as one path. */
function draw(text: string): Readonly<{ size: number; path: string }> {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_ZONE });
  const modules = data.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])),
  );
  return { size, path: modules.join('') };
}
